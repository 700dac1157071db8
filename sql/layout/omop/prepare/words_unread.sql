-- Rows of the source that are in no canonical table because nobody reads what they are.
-- Grain: hospital and what it is about (visit, end, place, procedure, death, death_day, moment).
-- violated: such rows, of death the persons with several dates, of end and death_day the visits and
-- lives that end on a bare date, of moment the rows whose moment is of another day than their date;
-- denominator: all that were asked.
-- A concept is read when it is listed or the vocabulary has it; 0 is none.
WITH known AS (
    SELECT concept_id
    FROM source.concept
    WHERE concept_id <> 0
    UNION
    SELECT concept_id
    FROM prepared.meaning
    UNION
    SELECT UNNEST([
        32037, 581379, 8717, 9201, 9203, 262, 9202, 581477, 581476, 581478, 5083, 32036, 42898160
    ])
),

dated AS (
    SELECT
        visit_occurrence_id,
        visit_start_datetime AS moment,
        visit_start_date AS day
    FROM source.visit_occurrence
    UNION ALL
    SELECT
        visit_occurrence_id,
        visit_end_datetime AS moment,
        visit_end_date AS day
    FROM source.visit_occurrence
    UNION ALL
    SELECT
        visit_occurrence_id,
        visit_detail_start_datetime AS moment,
        visit_detail_start_date AS day
    FROM source.visit_detail
    UNION ALL
    SELECT
        visit_occurrence_id,
        measurement_datetime AS moment,
        measurement_date AS day
    FROM source.measurement
    UNION ALL
    SELECT
        visit_occurrence_id,
        drug_exposure_start_datetime AS moment,
        drug_exposure_start_date AS day
    FROM source.drug_exposure
    UNION ALL
    SELECT
        visit_occurrence_id,
        condition_start_datetime AS moment,
        condition_start_date AS day
    FROM source.condition_occurrence
    UNION ALL
    SELECT
        visit_occurrence_id,
        procedure_datetime AS moment,
        procedure_date AS day
    FROM source.procedure_occurrence
),

dead AS (
    SELECT DISTINCT
        v.hospital_id,
        d.person_id,
        d.dates,
        d.bare
    FROM prepared.vital_status AS d
    INNER JOIN prepared.visit AS v ON d.person_id = v.person_id
),

asked AS (
    SELECT
        v.hospital_id,
        'visit' AS about,
        k.concept_id IS NULL AS is_unread
    FROM prepared.hospital_of_visit AS v
    LEFT JOIN known AS k ON v.visit_concept_id = k.concept_id
    UNION ALL
    SELECT
        hospital_id,
        'end' AS about,
        ended_at::TIME = TIME '23:59:59' AS is_unread
    FROM prepared.visit
    UNION ALL
    SELECT
        v.hospital_id,
        'place' AS about,
        k.concept_id IS NULL AS is_unread
    FROM source.visit_detail AS d
    INNER JOIN prepared.visit AS v ON d.visit_occurrence_id = v.visit_occurrence_id
    LEFT JOIN known AS k ON d.visit_detail_concept_id = k.concept_id
    UNION ALL
    SELECT
        v.hospital_id,
        'procedure' AS about,
        k.concept_id IS NULL AS is_unread
    FROM source.procedure_occurrence AS p
    INNER JOIN prepared.visit AS v ON p.visit_occurrence_id = v.visit_occurrence_id
    LEFT JOIN known AS k ON p.procedure_concept_id = k.concept_id
    UNION ALL
    SELECT
        v.hospital_id,
        'moment' AS about,
        d.moment::DATE <> d.day AS is_unread
    FROM dated AS d
    INNER JOIN prepared.visit AS v ON d.visit_occurrence_id = v.visit_occurrence_id
    WHERE d.moment IS NOT NULL AND d.day IS NOT NULL
    UNION ALL
    SELECT
        hospital_id,
        'death' AS about,
        dates > 1 AS is_unread
    FROM dead
    UNION ALL
    SELECT
        hospital_id,
        'death_day' AS about,
        bare AS is_unread
    FROM dead
)

SELECT
    hospital_id,
    about,
    COUNT_IF(is_unread) AS violated,
    COUNT(*) AS denominator
FROM asked
GROUP BY hospital_id, about
