"""Resolve a playback configuration from its levels and see where each value came from.

Run from the checkout: .venv/bin/python -m examples.resolve_configuration
"""

from playback.engine import ConfigResolver, PlaybackSessionConfig


def main() -> None:
    global_config = PlaybackSessionConfig(mode="auto", headless_playback_speed=1.0)

    config = ConfigResolver.resolve(
        mode="headless",
        publisher="my_publisher",
        provider="tiger",
        global_config=global_config,
        publishers={"my_publisher": {"max_session_duration_sec": 60}},
        override={"interruption_rules": {"start": {"probability": 0.1}}},
    )

    for name, level in sorted(config.provenance.items()):
        print(f"{level:<10} {name}")
    print(f"mode: {config.mode}")
    print(f"rules: {config.to_dict()['interruption_rules']}")


if __name__ == "__main__":
    main()
