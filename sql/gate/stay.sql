-- One row per admission id: whether it stays, and the times against which its events are judged.
-- Grain: admission id. stay_from, stay_to: two days around the stay; alive_to: a day after death.
-- Of gate.stay_row: the judged rows of the admissions whose events are read.
-- stay_sampled: one of about 20,000 stays of a hospital whose rows stand for all where only shares
-- matter, stay_counted one of about 2,000, whose months and tables are counted; sampled_by: the
-- admission id as the hospital writes it; stay_bit: one of 62 bits, by which stays are told apart.
-- edge, beyond and gap: where events lie that were written in UTC instead of local time
-- (kind 16): all just outside one end of the stay, none further out, none just inside the other.
WITH one_stay AS (
    SELECT
        admission_id,
        MIN(hospital_id) AS hospital_id,
        MIN(sampled_by) AS sampled_by,
        BOOL_AND(reason IS NOT NULL) AS stay_rejected,
        MIN(admitted_at) AS stay_admitted_at,
        MAX(discharged_at) AS stay_discharged_at,
        MIN(patient_death_at) AS stay_death_at,
        MIN(weight_kg) FILTER (
            WHERE weight_kg <= 350
            AND weight_kg >= CASE WHEN COALESCE(known_age_years, 18) >= 18 THEN 20 ELSE 0.3 END
        ) AS stay_weight_kg
    FROM gate.stay_row
    WHERE admission_id IS NOT NULL
    GROUP BY admission_id
),

shifted AS (
    SELECT
        s.*,
        t.utc_offset_hours > 0 AS early,
        HASH(s.sampled_by) % t.sample_stride = 0 AS stay_sampled,
        HASH(s.sampled_by) % t.count_stride = 0 AS stay_counted,
        1::BIGINT << ((HASH(s.sampled_by) >> 32) % 62)::BIGINT AS stay_bit,
        ABS(t.utc_offset_hours) * INTERVAL 1 HOUR AS shift
    FROM one_stay AS s
    INNER JOIN gate.setting AS t ON s.hospital_id = t.hospital_id
)

SELECT
    admission_id,
    admission_id AS stay_id,
    stay_rejected,
    stay_admitted_at,
    stay_discharged_at,
    stay_weight_kg,
    stay_sampled,
    stay_counted,
    stay_bit,
    stay_admitted_at - INTERVAL 2 DAY AS stay_from,
    stay_discharged_at + INTERVAL 2 DAY AS stay_to,
    stay_death_at + INTERVAL 1 DAY AS alive_to,
    CASE WHEN early THEN stay_admitted_at - shift ELSE stay_discharged_at END AS edge_from,
    CASE WHEN early THEN stay_admitted_at ELSE stay_discharged_at + shift END AS edge_to,
    CASE WHEN early THEN stay_admitted_at - 2 * shift ELSE stay_discharged_at + shift END
        AS beyond_from,
    CASE WHEN early THEN stay_admitted_at - shift ELSE stay_discharged_at + 2 * shift END
        AS beyond_to,
    CASE WHEN early THEN stay_discharged_at - shift ELSE stay_admitted_at END AS gap_from,
    CASE WHEN early THEN stay_discharged_at ELSE stay_admitted_at + shift END AS gap_to
FROM shifted
