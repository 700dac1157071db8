-- What the items of the laboratory are in LOINC. Grain: itemid. in_artery: the code is one of
-- arterial blood, and the item counts as such only where its specimen says so (prepared.arterial).
-- 51196 is the D-dimer in fibrinogen equivalents; of 50915 nobody knows the unit: not listed.
-- Source: MIMIC-IV d_labitems (LOINC codes are those of MIMIC-III 1.4, which has the same items;
-- the blood gases, bands, INR and the mass of CK-MB by component).
WITH known (itemid, loinc, in_artery) AS (
    VALUES
    ('50820', '2744-1', TRUE), ('50818', '2019-8', TRUE), ('50821', '2703-7', TRUE),
    ('52769', '731-0', FALSE), ('52075', '751-8', FALSE), ('51652', '30522-7', FALSE),
    ('50809', '2339-0', FALSE), ('50810', '20570-8', FALSE), ('50811', '718-7', FALSE),
    ('50813', '32693-4', FALSE), ('50822', '6298-4', FALSE), ('50824', '2947-0', FALSE),
    ('50861', '1742-6', FALSE), ('50862', '1751-7', FALSE), ('50878', '1920-8', FALSE),
    ('50882', '1963-8', FALSE), ('50885', '1975-2', FALSE), ('50889', '1988-5', FALSE),
    ('50910', '2157-6', FALSE), ('50911', '13969-1', FALSE), ('50912', '2160-0', FALSE),
    ('50924', '2276-4', FALSE), ('50931', '2345-7', FALSE), ('50954', '2532-0', FALSE),
    ('50971', '2823-3', FALSE), ('50983', '2951-2', FALSE), ('51002', '10839-9', FALSE),
    ('51003', '6598-7', FALSE), ('51006', '3094-0', FALSE), ('51133', '26474-7', FALSE),
    ('51144', '764-1', FALSE), ('51196', '48065-7', FALSE), ('51214', '3255-7', FALSE),
    ('51221', '4544-3', FALSE), ('51222', '718-7', FALSE), ('51237', '6301-6', FALSE),
    ('51265', '777-3', FALSE), ('51274', '5902-2', FALSE), ('51275', '3173-2', FALSE),
    ('51300', '26464-8', FALSE), ('51301', '804-5', FALSE)
)

SELECT
    itemid,
    loinc,
    in_artery
FROM known
