-- What charted words of support mean. Grain: label and value, in lower case; value '' is any.
-- Source: eICU respiratorycharting. A set tidal volume is one of invasive ventilation (assumed).
WITH known (label, word, device) AS (
    VALUES
    ('o2 device', 'ventilator', 'imv'),
    ('o2 device', 'bi-pap', 'niv'),
    ('o2 device', 'cpap', 'niv'),
    ('o2 device', 'high flow nasal cannula', 'hfnc'),
    ('o2 device', 'heated high flow nasal cannula', 'hfnc'),
    ('o2 device', 'nasal cannula', 'nasal_cannula'), ('o2 device', 'none (room air)', 'room_air'),
    ('o2 device', 'simple mask', 'face_mask'), ('o2 device', 'face mask', 'face_mask'),
    ('o2 device', 'non-rebreather mask', 'face_mask'), ('o2 device', 'aerosol mask', 'face_mask'),
    ('o2 device', 'venturi mask', 'face_mask'), ('o2 device', 'face tent', 'face_mask'),
    ('o2 device', 'high flow mask', 'face_mask'),
    ('oxygen delivery method', 'room air', 'room_air'),
    ('oxygen delivery method', 'nasal cannula', 'nasal_cannula'),
    ('rt vent on/off', 'start', 'imv'), ('rt vent on/off', 'continued', 'imv'),
    ('ventilator type', '', 'imv'), ('mechanical ventilator mode', '', 'imv'),
    ('ventilator support mode', '', 'imv'), ('tidal volume (set)', '', 'imv')
)

SELECT
    label,
    word,
    device
FROM known
