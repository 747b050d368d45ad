from tests.site.people import ad_ops, nobody, qa, superuser, viewer

__all__ = ["ad_ops", "nobody", "qa", "superuser", "viewer"]
