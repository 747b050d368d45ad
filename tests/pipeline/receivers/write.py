"""Renews what is expected of case folders: `python -m tests.pipeline.receivers.write [--all | CASE ...]`.

A CASE is a folder's name, in every receiver that has it, or a path such as gam_ssu/exemplary/lone_ad. Each renewed file
is named, for its difference to be read before it is committed; the tests never write.
"""

import sys

from tests.pipeline.receivers.cases import cases


def main(arguments: list[str]) -> int:
    """Writes the named cases; 2 where none is named or a name fits none."""
    found = [case for case in cases() if "--all" in arguments or {case.name, str(case)} & set(arguments)]
    unknown = set(arguments) - {"--all"} - {name for case in found for name in (case.name, str(case))}
    if not found or unknown:
        sys.stderr.write(f"{__doc__}\nNo such case: {', '.join(sorted(unknown)) or 'none was named'}\n")
        return 2
    for case in found:
        for name, content in case.outcome().items():
            path = case.path / name
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
                sys.stdout.write(f"{case}/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
