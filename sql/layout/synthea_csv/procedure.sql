-- One row per haemodialysis or prone position in a stay.
-- Source: Synthea CSV procedures, by SNOMED CT. Of CRRT and ECMO the simulation has none.
WITH known (code, procedure_code) AS (
    VALUES
    ('431182000', 'prone_position'), ('302497006', 'hemodialysis'), ('265764009', 'hemodialysis')
)

SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    k.procedure_code,
    COALESCE(p.start, p.date) AS started_at,
    p.stop AS stopped_at
FROM source.procedures AS p
INNER JOIN known AS k ON p.code = k.code
INNER JOIN prepared.stay AS s ON p.encounter = s.encounter
