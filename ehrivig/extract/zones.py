"""The time zone of some hospitals, and other settings in which hospitals read together agree."""

from __future__ import annotations

from ehrivig.batch.alike import Unalike, grouped
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.study import Study


def own_zone(db: Database, hospitals: tuple[str, ...], study: Study) -> str | None:
    """The time zone that the hospital table states for these hospitals, else the study's."""
    stated: dict[str, list[str]] = {}
    for hospital_id, zone in db.rows(
        "SELECT DISTINCT hospital_id, timezone FROM source.hospital WHERE timezone IS NOT NULL"
    ):
        stated.setdefault(hospital_id, []).append(zone)
    default = study.extract.timezone
    own = {name: stated.get(name, ()) for name in hospitals}
    return alike({name: (zones[0] if len(zones) == 1 else default) for name, zones in own.items()})


def alike(setting: dict[str, str | None]) -> str | None:
    """What a setting is for all of some hospitals; Unalike where they differ in it."""
    if len(set(setting.values())) > 1:
        raise Unalike(grouped(setting))
    return next(iter(setting.values()), None)


def known_zone(db: Database, name: str | None) -> str | None:
    """A time zone's name, if it is one."""
    if name is None:
        return None
    known = db.rows("SELECT count(*) FROM pg_timezone_names() WHERE name = $name", {"name": name})
    if not known[0][0]:
        raise ExtractError(
            "extract: what hospital.timezone says (else [extract] timezone of the study file) is "
            "no time zone. Write one such as 'Asia/Shanghai'."
        )
    return name
