-- Proven, coded or suspected infection in an eligible stay.
-- Grain: eligible admission. met: TRUE a code of infection, sepsis, pneumonia or COVID-19, or a
-- positive RNA, antigen or culture test, or an antibiotic begun with a culture taken (within 24 h
-- after it, or up to 72 h before it); FALSE none of these, diagnoses were coded, and neither such a
-- code nor an antibiotic was set aside; else NULL.
-- first_at: the earliest dated one (of a suspicion, the earlier of antibiotic and culture).
-- Source of suspicion: Seymour 2016 (JAMA 315:762).
WITH antibiotic AS (
    SELECT
        m.admission_id,
        m.started_at
    FROM GIVEN('medication') AS m
    SEMI JOIN eligible AS e ON m.admission_id = e.admission_id
    INNER JOIN ref.included AS i ON m.drug = i.drug
    WHERE i.codelist = 'antibiotic'
),

test AS (
    SELECT p.*
    FROM pathogen_test AS p
    SEMI JOIN eligible AS e ON p.admission_id = e.admission_id
    WHERE p.result != 'not_done'
),

listed AS (
    SELECT UNNEST([
        'infection', 'sepsis', 'severe_sepsis', 'septic_shock', 'pneumonia', 'covid19'
    ]) AS condition
),

doubted AS (
    SELECT DISTINCT e.admission_id
    FROM eligible AS e
    CROSS JOIN listed AS l
    WHERE
        UNREAD('diagnosis', l.condition, e.admission_id)
        OR UNREAD('medication', 'antibiotic', e.admission_id)
),

sign AS (
    SELECT
        d.admission_id,
        d.diagnosed_at AS seen_at
    FROM diagnosis AS d
    SEMI JOIN eligible AS e ON d.admission_id = e.admission_id
    INNER JOIN ref.condition AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    WHERE r.condition IN (SELECT l.condition FROM listed AS l)
    UNION ALL
    SELECT
        admission_id,
        collected_at AS seen_at
    FROM test
    WHERE result = 'positive' AND method IN ('rna', 'antigen', 'culture')
    UNION ALL
    SELECT
        a.admission_id,
        LEAST(a.started_at, t.collected_at) AS seen_at
    FROM antibiotic AS a
    INNER JOIN test AS t ON a.admission_id = t.admission_id
    WHERE
        t.method = 'culture'
        AND t.collected_at BETWEEN a.started_at - INTERVAL 72 HOUR
        AND a.started_at + INTERVAL 24 HOUR
),

found AS (
    SELECT
        admission_id,
        MIN(seen_at) AS first_at
    FROM sign
    GROUP BY admission_id
),

coded AS (
    SELECT DISTINCT d.admission_id
    FROM diagnosis AS d
    SEMI JOIN eligible AS e ON d.admission_id = e.admission_id
)

SELECT
    e.admission_id,
    CASE
        WHEN f.admission_id IS NOT NULL THEN TRUE
        WHEN c.admission_id IS NOT NULL AND u.admission_id IS NULL THEN FALSE
    END AS met,
    f.first_at
FROM eligible AS e
LEFT JOIN found AS f ON e.admission_id = f.admission_id
LEFT JOIN coded AS c ON e.admission_id = c.admission_id
LEFT JOIN doubted AS u ON e.admission_id = u.admission_id
