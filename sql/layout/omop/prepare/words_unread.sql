-- Rows of the source that are in no canonical table because nobody reads what they are.
-- Grain: hospital and what it is about (visit, end, place, procedure, birth, death, death_day,
-- moment, person, drug, death_moment, icu_moment, icu_start, icu_end).
-- violated: such rows, of birth the persons without a month of birth, of death those with several
-- dates, of end, death_day, icu_start and icu_end what ends or begins on a bare date, of moments
-- the rows whose moment is of another day than their date, in the column in which most are so, of
-- person those of another person than their visit, in the table in which most are so, of drug
-- those without a concept, standard or source, which are known by their name at most;
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
        NULL AS person_id,
        'start' AS of,
        visit_start_datetime AS moment,
        visit_start_date AS day,
        NULL AS is_unmapped
    FROM source.visit_occurrence
    UNION ALL
    SELECT
        visit_occurrence_id,
        NULL AS person_id,
        'end' AS of,
        visit_end_datetime AS moment,
        visit_end_date AS day,
        NULL AS is_unmapped
    FROM source.visit_occurrence
    UNION ALL
    SELECT
        visit_occurrence_id,
        person_id,
        'measurement' AS of,
        measurement_datetime AS moment,
        measurement_date AS day,
        NULL AS is_unmapped
    FROM source.measurement
    UNION ALL
    SELECT
        visit_occurrence_id,
        person_id,
        'drug_exposure' AS of,
        drug_exposure_start_datetime AS moment,
        drug_exposure_start_date AS day,
        COALESCE(drug_concept_id::VARCHAR, '0') = '0'
        AND COALESCE(drug_source_concept_id::VARCHAR, '0') = '0' AS is_unmapped
    FROM source.drug_exposure
    UNION ALL
    SELECT
        visit_occurrence_id,
        person_id,
        'condition' AS of,
        condition_start_datetime AS moment,
        condition_start_date AS day,
        NULL AS is_unmapped
    FROM source.condition_occurrence
    UNION ALL
    SELECT
        visit_occurrence_id,
        person_id,
        'procedure' AS of,
        procedure_datetime AS moment,
        procedure_date AS day,
        NULL AS is_unmapped
    FROM source.procedure_occurrence
),

compared AS MATERIALIZED (
    SELECT
        v.hospital_id,
        d.of,
        COUNT_IF(d.moment::DATE <> d.day) AS other_day,
        COUNT(d.moment::DATE <> d.day) AS dated,
        COUNT_IF(d.person_id <> v.person_id) AS other_person,
        COUNT(d.person_id) AS of_a_person,
        COUNT_IF(d.is_unmapped) AS unmapped,
        COUNT(d.is_unmapped) AS drugs
    FROM dated AS d
    INNER JOIN prepared.visit AS v ON d.visit_occurrence_id = v.visit_occurrence_id
    GROUP BY v.hospital_id, d.of
),

person AS (
    SELECT DISTINCT
        hospital_id,
        person_id
    FROM prepared.visit
),

dead AS (
    SELECT
        p.hospital_id,
        d.person_id,
        d.dates,
        d.bare
    FROM prepared.vital_status AS d
    INNER JOIN person AS p ON d.person_id = p.person_id
),

icu AS (
    SELECT
        v.hospital_id,
        UNNEST([d.visit_detail_start_datetime, d.visit_detail_end_datetime]) AS moment,
        UNNEST([d.visit_detail_start_date, d.visit_detail_end_date]) AS day,
        UNNEST(['icu_start', 'icu_end']) AS about
    FROM source.visit_detail AS d
    INNER JOIN prepared.visit AS v ON d.visit_occurrence_id = v.visit_occurrence_id
    WHERE d.visit_detail_concept_id IN (32037, 581379)
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
        hospital_id,
        'icu_moment' AS about,
        moment::DATE <> day AS is_unread
    FROM icu
    WHERE moment IS NOT NULL AND day IS NOT NULL
    UNION ALL
    SELECT
        hospital_id,
        about,
        MOMENT_OF(moment, day)::TIME = TIME '00:00:00' AS is_unread
    FROM icu
    WHERE moment IS NOT NULL OR day IS NOT NULL
    UNION ALL
    SELECT
        o.hospital_id,
        'death_moment' AS about,
        d.death_datetime::DATE <> d.death_date AS is_unread
    FROM source.death AS d
    INNER JOIN person AS o ON d.person_id = o.person_id
    WHERE d.death_datetime IS NOT NULL AND d.death_date IS NOT NULL
    UNION ALL
    SELECT
        o.hospital_id,
        'birth' AS about,
        p.birth_datetime IS NULL
        AND COALESCE(p.month_of_birth NOT BETWEEN 1 AND 12, TRUE) AS is_unread
    FROM source.person AS p
    INNER JOIN person AS o ON p.person_id = o.person_id
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
),

counted AS (
    SELECT
        hospital_id,
        about,
        COUNT_IF(is_unread) AS violated,
        COUNT(*) AS denominator
    FROM asked
    GROUP BY hospital_id, about
    UNION ALL
    SELECT
        hospital_id,
        'moment ' || of AS about,
        other_day AS violated,
        dated AS denominator
    FROM compared
    WHERE dated > 0
    UNION ALL
    SELECT
        hospital_id,
        'person ' || of AS about,
        other_person AS violated,
        of_a_person AS denominator
    FROM compared
    WHERE of_a_person > 0
    UNION ALL
    SELECT
        hospital_id,
        'drug' AS about,
        unmapped AS violated,
        drugs AS denominator
    FROM compared
    WHERE drugs > 0
)

SELECT
    hospital_id,
    SPLIT_PART(about, ' ', 1) AS about,
    violated,
    denominator
FROM counted
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY hospital_id, SPLIT_PART(counted.about, ' ', 1)
    ORDER BY violated / denominator DESC, denominator DESC
) = 1
