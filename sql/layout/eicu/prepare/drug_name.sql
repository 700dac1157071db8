-- The name of drugs that orders give by the number of their ingredients alone.
-- Grain: HICL sequence number. drug_name: the shortest name of other orders with this number.
-- Source: eICU medication.
SELECT
    drughiclseqno,
    ARG_MIN(drugname, (LENGTH(TRIM(drugname)), LOWER(TRIM(drugname)))) AS drug_name
FROM source.medication
WHERE drughiclseqno IS NOT NULL AND NULLIF(TRIM(drugname), '') IS NOT NULL
GROUP BY drughiclseqno
