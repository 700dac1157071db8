-- Device and FiO2 at each recorded moment.
-- Grain: hospitalization and moment. device: in the names of the contract, null where none was
-- recorded. Of several devices at one time the more invasive counts, of several FiO2 the highest.
-- Source: CLIF respiratory_support, device names of 2.1 (High Flow NC) and 3.0 (hfnc). cpap is niv;
-- trach collar, T-piece and blow-by are face_mask (assumed). "other", and what CLIF does not have,
-- stay as they are.
WITH spelled AS (
    SELECT
        *,
        PLAIN_WORD(device_category) AS device_name_clif
    FROM source.clif_respiratory_support
),

known AS (
    SELECT
        hospitalization_id,
        recorded_dttm,
        fio2_set,
        CASE device_name_clif
            WHEN 'imv' THEN 'imv'
            WHEN 'nippv' THEN 'niv'
            WHEN 'cpap' THEN 'niv'
            WHEN 'high_flow_nc' THEN 'hfnc'
            WHEN 'hfnc' THEN 'hfnc'
            WHEN 'trach_collar' THEN 'face_mask'
            WHEN 't_piece' THEN 'face_mask'
            WHEN 'blow_by' THEN 'face_mask'
            WHEN 'trach_mask' THEN 'face_mask'
            ELSE device_name_clif
        END AS device
    FROM spelled
)

SELECT
    hospitalization_id,
    recorded_dttm,
    MAX(fio2_set) AS fio2,
    ARG_MAX(device, COALESCE(LIST_POSITION(
        ['other', 'room_air', 'nasal_cannula', 'face_mask', 'hfnc', 'niv', 'imv', 'ecmo'],
        device
    ), 0)) AS device
FROM known
GROUP BY hospitalization_id, recorded_dttm
