-- One row per interval [started_at, stopped_at) of support from charted points: a point holds
-- until the next one, the end of the stay, or $support_hours, whichever is first; earlier
-- ventilation with a start and an end is an interval of its own. FiO2 is a vital sign here, for it
-- has no device.
-- Source: eICU respiratorycharting, respiratorycare (an offset of 0 is none), treatment (documented
-- when it was entered). Of several devices at one moment the more invasive counts.
WITH point AS (
    SELECT
        c.patientunitstayid,
        c.respchartoffset AS minutes,
        w.device
    FROM source.respiratorycharting AS c
    INNER JOIN prepared.device_word AS w
        ON
            LOWER(TRIM(c.respchartvaluelabel)) = w.label
            AND w.word IN (LOWER(TRIM(c.respchartvalue)), '')
    UNION ALL
    SELECT
        patientunitstayid,
        ventstartoffset AS minutes,
        'imv' AS device
    FROM source.respiratorycare
    WHERE ventstartoffset <> 0
    UNION ALL
    SELECT
        patientunitstayid,
        respcarestatusoffset AS minutes,
        'imv' AS device
    FROM source.respiratorycare
    WHERE
        PLAIN_WORD(airwaytype) IN (
            'oral_ett', 'nasal_ett', 'double_lumen_tube', 'tracheostomy', 'cricothyrotomy'
        ) AND respcarestatusoffset >= ventstartoffset AND ventstartoffset <> 0
    UNION ALL
    SELECT
        patientunitstayid,
        treatmentoffset AS minutes,
        CASE
            WHEN REGEXP_MATCHES(treatmentstring, 'non-invasive ventilation', 'i') THEN 'niv'
            WHEN REGEXP_MATCHES(treatmentstring, 'mechanical ventilation', 'i') THEN 'imv'
            WHEN treatmentstring ILIKE '%nasal cannula%' THEN 'nasal_cannula'
            ELSE 'face_mask'
        END AS device
    FROM source.treatment
    WHERE
        REGEXP_MATCHES(
            treatmentstring,
            '[|](mechanical ventilation|non-invasive ventilation)'
            || '|oxygen therapy.*[|](nasal cannula|face mask|non-rebreather mask|trach collar)',
            'i'
        )
),

charted AS (
    SELECT
        s.hospital_id,
        s.admission_id,
        p.minutes + s.shift AS minutes,
        MIN(s.discharged) AS discharged,
        ARG_MAX(p.device, LIST_POSITION(
            ['room_air', 'nasal_cannula', 'face_mask', 'hfnc', 'niv', 'imv'], p.device
        )) AS device
    FROM point AS p
    INNER JOIN prepared.unit_stay AS s ON p.patientunitstayid = s.patientunitstayid
    GROUP BY s.hospital_id, s.admission_id, p.minutes + s.shift
),

followed AS (
    SELECT
        *,
        LEAD(minutes) OVER (PARTITION BY hospital_id, admission_id ORDER BY minutes) AS next_minutes
    FROM charted
)

SELECT
    f.hospital_id,
    f.admission_id,
    f.device,
    NULL AS fio2,
    f.minutes AS started_at,
    GREATEST(f.minutes, LEAST(
        f.next_minutes, f.minutes + $support_hours * 60, f.discharged
    )) AS stopped_at
FROM followed AS f
UNION ALL
SELECT DISTINCT
    s.hospital_id,
    s.admission_id,
    'imv' AS device,
    NULL AS fio2,
    c.priorventstartoffset + s.shift AS started_at,
    c.priorventendoffset + s.shift AS stopped_at
FROM source.respiratorycare AS c
INNER JOIN prepared.unit_stay AS s ON c.patientunitstayid = s.patientunitstayid
WHERE c.priorventstartoffset <> 0 AND c.priorventendoffset <> 0
