-- What breathing was supported with at each charted moment. Grain: admission, moment, device.
-- A charted mode of a ventilator is invasive ventilation, unless it is one of a mask or the machine
-- stood by. A tracheostomy tube alone says nothing; trach mask and T-piece are face_mask (assumed).
-- Source: MIMIC-III chartevents.
WITH spelled AS (
    SELECT
        c.hadm_id,
        c.charttime,
        c.itemid IN ('223849', '229314', '720') AS is_mode,
        PLAIN_WORD(c.value) AS word
    FROM source.chartevents AS c
    WHERE
        c.itemid IN ('226732', '467', '468', '223849', '229314', '720')
        AND COALESCE(c.error, 0) <> 1
),

meant AS (
    SELECT
        hadm_id,
        charttime,
        CASE
            WHEN is_mode AND word IN ('standby', 'ambient', 'other/remarks') THEN NULL
            WHEN is_mode AND word IN ('duopap', 'niv', 'niv_st') THEN 'niv'
            WHEN is_mode OR word = 'endotracheal_tube' THEN 'imv'
            WHEN word IN ('bipap_mask', 'cpap_mask') THEN 'niv'
            WHEN word IN ('high_flow_nasal_cannula', 'hi_flow_nasal_cannula') THEN 'hfnc'
            WHEN word IN ('nasal_cannula', 'oxymizer') THEN 'nasal_cannula'
            WHEN
                word IN (
                    'face_tent', 'aerosol_cool', 'trach_mask', 't_piece', 'high_flow_neb',
                    'hi_flow_neb', 'non_rebreather', 'medium_conc_mask', 'venti_mask',
                    'vapomist', 'ultrasonic_neb'
                )
                THEN 'face_mask'
            WHEN word = 'none' THEN 'room_air'
        END AS device
    FROM spelled
    WHERE word IS NOT NULL
)

SELECT DISTINCT
    hadm_id,
    charttime,
    device
FROM meant
WHERE device IS NOT NULL AND hadm_id IS NOT NULL
