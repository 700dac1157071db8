-- One row per order, or per charted rate of an infusion.
-- Source: eICU medication and infusiondrug. eICU charts infusions, and of other drugs orders alone:
-- an order counts as given once, at its start, unless it was cancelled; of an order as needed it is
-- unknown (assumed; check medication.given_is_charted). A stop of 0 is none. Dosage "1,000 mL" is
-- amount and unit; a range, "1 dose 3" or the bag of a continuous infusion stays unread. A drug
-- without a name has that of its ingredients (prepared.drug_name). Home drugs (admissiondrug) are
-- not given in hospital.
-- A rate holds until the next one of the drug in the unit stay; the last one has no end; a rate of
-- 0 ends the one before. "Norepinephrine (mcg/kg/min)" has its unit in brackets; "()" none. The
-- amount in the bag has no unit in eICU: a rate in mL has no concentration.
WITH infusion AS (
    SELECT
        *,
        TRIM(REGEXP_REPLACE(drugname, '\s*[(][^()]*[)]\s*$', '')) AS drug,
        NULLIF(TRIM(REGEXP_EXTRACT(drugname, '[(]([^()]*)[)]\s*$', 1)), '') AS unit,
        TRY_CAST(TRIM(drugrate) AS DOUBLE) AS rate
    FROM source.infusiondrug
),

running AS (
    SELECT
        *,
        MIN(infusionoffset) OVER (
            PARTITION BY patientunitstayid, LOWER(drug)
            ORDER BY infusionoffset
            RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_offset
    FROM infusion
),

ordered AS (
    SELECT
        m.*,
        COALESCE(NULLIF(TRIM(m.drugname), ''), n.drug_name) AS drug,
        REGEXP_EXTRACT(
            CASE
                WHEN REGEXP_MATCHES(m.frequency, 'contin|titrat', 'i') THEN '' ELSE TRIM(m.dosage)
            END,
            '^([0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?|[0-9]*[.]?[0-9]+)\s*([^0-9,.-][^0-9]*)$',
            ['amount', 'unit']
        ) AS told
    FROM source.medication AS m
    LEFT JOIN prepared.drug_name AS n ON m.drughiclseqno = n.drughiclseqno
)

SELECT
    s.hospital_id,
    s.admission_id,
    'order ' || o.medicationid::VARCHAR AS medication_id,
    'order ' || o.medicationid::VARCHAR AS order_id,
    COALESCE(o.drug, 'HICL ' || o.drughiclseqno::VARCHAR) AS drug_code,
    'local' AS vocabulary,
    o.drug AS drug_name,
    TRY_CAST(REPLACE(NULLIF(o.told.amount, ''), ',', '') AS DOUBLE) AS dose,
    NULLIF(TRIM(o.told.unit), '') AS dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    o.drugstartoffset + s.shift AS started_at,
    NULLIF(o.drugstopoffset, 0) + s.shift AS stopped_at,
    COALESCE(w.route, 'unknown') AS route,
    CASE WHEN o.drugordercancelled THEN 'cancelled' WHEN o.prn THEN 'unknown' ELSE 'given' END
        AS status
FROM ordered AS o
INNER JOIN prepared.unit_stay AS s ON o.patientunitstayid = s.patientunitstayid
LEFT JOIN prepared.route_word AS w ON o.routeadmin = w.routeadmin
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    'infusion ' || r.infusiondrugid::VARCHAR AS medication_id,
    NULL AS order_id,
    r.drug AS drug_code,
    'local' AS vocabulary,
    r.drug AS drug_name,
    r.rate AS dose,
    r.unit AS dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    r.infusionoffset + s.shift AS started_at,
    CASE WHEN r.rate = 0 THEN r.infusionoffset ELSE r.next_offset END + s.shift AS stopped_at,
    'iv' AS route,
    CASE WHEN r.rate = 0 THEN 'stopped' WHEN r.rate IS NULL THEN 'unknown' ELSE 'given' END
        AS status
FROM running AS r
INNER JOIN prepared.unit_stay AS s ON r.patientunitstayid = s.patientunitstayid
