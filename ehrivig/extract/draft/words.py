"""Words of categories in five languages, and the codes that a column's patterns tell."""

from __future__ import annotations

import re

from ehrivig.extract.draft.profile import ColumnProfile, plain_name
from ehrivig.literals import literal

_SEX = {
    "female": "f|female|w|weiblich|frau|femme|feminin|mujer|femenino|donna|femmina|femminile",
    "male": "m|male|maennlich|mann|homme|masculin|hombre|varon|masculino|uomo|maschio|maschile",
    "unknown": "u|unknown|unbekannt|inconnu|desconocido|sconosciuto",
    "other": "o|other|d|divers|andere|autre|otro|altro",
}
_LEFT = {
    "died": "died|dead|expired|deceased|death|(dead_expired)|tod|tot|verstorben|gestorben|exitus"
    "|deces|decede|mort|fallecido|fallecimiento|defuncion|muerte|deceduto|decesso|morto",
    "transferred": "transfer(red)?|other_hospital|acute_(care_)?hosp(ital)?|verlegt|verlegung"
    "|transfert|mutation|traslado|trasladado|trasferito|trasferimento",
    "against_advice": "ama|against_(medical_)?advice|gegen_aerztlichen_rat"
    "|contre_avis_medical|alta_voluntaria|dimissione_volontaria",
    "alive": "alive|home|home_health_care|regular|nach_hause|hause|entlassen|regulaer|lebend"
    "|domicile|vivant|domicilio|vivo|casa|dimesso|snf|rehab|hospice",
}
_ROUTE = {
    "iv": "iv|i_v|ivpb|ivp|intravenous|intraven(oes)?|intraveineuse?|intravenosa|endovena|ev",
    "po": "po|p_o|oral|by_mouth|per_os|orale?|enteral",
    "sc": "sc|s_c|sq|subq|subcut|subcutaneous|subkutan|sous_cutanee?|subcutanea|sottocutanea",
    "im": "im|i_m|intramuscular|intramuskulaer|intramusculaire|intramuscolare",
    "other": "inhal(ed|ation|ativ)?|inhalatoria|topical|topisch|rektal|rectale?|nasal|neb|sl|tp|ih",
    "unknown": "unknown|unbekannt|inconnue?|desconocida|sconosciuta",
}
_STATUS = {
    "given": "given|administered|completed?|going|started|new_bag|gegeben|verabreicht|administree?"
    "|donne|administrado|administrada|somministrat[oa]|dato",
    "not_given": "not_given|not_administered|held|refused|missed|nicht_gegeben|verweigert"
    "|non_administree?|no_administrado|non_somministrat[oa]",
    "cancelled": "cancell?ed|storniert|annulee?|cancelado|anulado|annullat[oa]",
    "stopped": "stopped|gestoppt|abgebrochen|arretee?|suspendido|interrott[oa]|sospes[oa]",
}
_DEVICE = {
    "imv": "imv|invasive_(mechanical_)?ventilation|vent(ilator)?|invasiv|beatmet|vm|vmi",
    "niv": "niv|nippv|cpap|bipap|nicht_invasiv|vni|vmni",
    "hfnc": "hfnc|high_flow_nc|high_flow(_nasal_cannula)?|hfno|onaf|lunettes_haut_debit",
    "nasal_cannula": "nasal_cannula|nc|nasenbrille|lunettes(_nasales)?|gafas_nasales|occhialini",
    "face_mask": "face_mask|mask|simple_mask|non_rebreather|maske|sauerstoffmaske|masque"
    "|mascarilla|maschera",
    "room_air": "room_air|none|raumluft|air_ambiant|aire_ambiente|aria_ambiente",
    "ecmo": "ecmo",
}
_VITAL = {
    "heart_rate": "hr|heart_?rate|pulse|puls|hf|herzfrequenz|fc|frequence_cardiaque"
    "|frecuencia_cardiaca|frequenza_cardiaca",
    "respiratory_rate": "rr|resp(iratory|iration)?(_rate)?|af|atemfrequenz|fr"
    "|frequence_respiratoire|frecuencia_respiratoria|frequenza_respiratoria",
    "sbp": "sbp|systolic(_blood_pressure)?|rr_syst?|blutdruck_syst?(olisch)?|pas"
    "|(pression|tension)_(arterielle_)?systolique|(presion|tension)_(arterial_)?sistolica"
    "|pressione_(arteriosa_)?sistolica",
    "dbp": "dbp|diastolic(_blood_pressure)?|rr_diast?|blutdruck_diast?(olisch)?|pad"
    "|(pression|tension)_(arterielle_)?diastolique|(presion|tension)_(arterial_)?diastolica"
    "|pressione_(arteriosa_)?diastolica",
    "map": "map|mean_(arterial_)?(blood_)?pressure|mad|mitteldruck|pam",
    "spo2": "spo2|sao2|oxygen_saturation|o2_sat(uration)?|saettigung|sauerstoffsaettigung"
    "|saturation(_o2)?|saturacion(_o2)?|saturazione(_o2)?",
    "temperature": "temp(erature?)?(_c)?|temperatur|temperatura|koerpertemperatur",
    "fio2": "fio2(_set)?",
    "gcs": "gcs(_total)?|glasgow(_coma_scale|_total)?",
    "urine_output": "urine(_output)?|urin(ausscheidung|menge)?|diurese|diuresis|diuresi",
}
CATEGORIES = {
    ("patient", "sex"): _SEX,
    ("admission", "discharge_status"): _LEFT,
    ("medication", "route"): _ROUTE,
    ("medication", "status"): _STATUS,
    ("respiratory_support", "device"): _DEVICE,
    ("vital", "vital_code"): _VITAL,
}
"""Canonical column -> its word -> how it is written, over plain letters."""
ELSE = {"sex": "unknown", "discharge_status": "unknown", "route": "unknown", "status": "unknown"}


def meaning(table: str, column: str, word: str) -> str | None:
    """What a word of a category means; None where it is not known."""
    plain = plain_name(word)
    for canonical, pattern in CATEGORIES[(table, column)].items():
        if re.fullmatch(pattern, plain):
            return canonical
    return None


def sign_of(column: str) -> str | None:
    """The vital sign that a column of its own holds, by its name."""
    return meaning("vital", "vital_code", column)


def mapped(
    table: str, column: str, expression: str, found: list[tuple[str, int]], rows: int
) -> tuple[str, float, str]:
    """SQL that maps the words of a category, the share of `rows` understood, and a doubt.

    Of H and M nobody knows whether M is a man (hombre, mujer).
    """
    known: dict[str, list[str]] = {}
    understood = 0
    for word, n in found:
        means = meaning(table, column, word)
        if means is not None:
            known.setdefault(means, []).append(word)
            understood += n
    share = understood / rows if rows else 0.0
    doubt = ""
    if column == "sex" and {"h", "m"} <= {word for word, _ in found}:
        doubt = "H and M are man and woman in Spanish, and M is a man elsewhere"
    lines = [
        f"WHEN LOWER(TRIM({expression}::VARCHAR)) IN ({', '.join(map(literal, sorted(words)))}) "
        f"THEN '{means}'"
        for means, words in known.items()
    ]
    rest = f"'{ELSE[column]}'" if column in ELSE else f"{expression}::VARCHAR"
    return f"CASE {' '.join(lines)} ELSE {rest} END", share, doubt


def vocabulary_of(profile: ColumnProfile) -> tuple[str, str]:
    """The code system that the values of a column follow, with the evidence."""
    systems = (("loinc", "LOINC"), ("atc", "ATC"), ("icd9", "ICD9CM"), ("icd10", "ICD10"))
    shares = {name: profile.share(pattern) for pattern, name in systems}
    best = max(shares, key=lambda name: shares[name])
    said = f"{shares[best]:.0%} of its values have the form of {best}"
    if shares[best] < 0.9:
        return "local", f"{said}: codes of the house"
    return best, said
