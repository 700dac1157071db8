-- One row per interval [started_at, stopped_at) from recorded points: a record holds until the next
-- one, the discharge, or $support_hours, whichever is first.
-- Source: CLIF respiratory_support, device names of 2.1 (High Flow NC) and 3.0 (hfnc). cpap is niv;
-- trach collar, T-piece and blow-by are face_mask (assumed). Of several devices at one time the
-- more invasive counts, of several FiO2 the highest. A record without a device continues the device
-- of up to $support_hours before; with none it is null. "other" stays as it is.
WITH spelled AS (
    SELECT
        *,
        REPLACE(LOWER(device_category), ' ', '_') AS device_name_clif
    FROM source.clif_respiratory_support
),

known AS (
    SELECT
        hospitalization_id,
        recorded_dttm,
        fio2_set,
        CASE device_name_clif
            WHEN 'imv' THEN 'imv'
            WHEN 'nippv' THEN 'niv'
            WHEN 'cpap' THEN 'niv'
            WHEN 'high_flow_nc' THEN 'hfnc'
            WHEN 'hfnc' THEN 'hfnc'
            WHEN 'trach_collar' THEN 'face_mask'
            WHEN 't_piece' THEN 'face_mask'
            WHEN 'blow_by' THEN 'face_mask'
            ELSE device_name_clif
        END AS device
    FROM spelled
),

moment AS (
    SELECT
        hospitalization_id,
        recorded_dttm,
        MAX(fio2_set) AS fio2,
        ARG_MAX(device, LIST_POSITION(
            ['other', 'room_air', 'nasal_cannula', 'face_mask', 'hfnc', 'niv', 'imv', 'ecmo'],
            device
        )) AS device
    FROM known
    GROUP BY hospitalization_id, recorded_dttm
),

interval_of AS (
    SELECT
        m.*,
        LAST_VALUE(m.device IGNORE NULLS) OVER in_time AS last_device,
        LAST_VALUE(CASE WHEN m.device IS NOT NULL THEN m.recorded_dttm END IGNORE NULLS)
            OVER in_time AS last_device_dttm,
        LEAD(m.recorded_dttm) OVER in_time AS next_dttm
    FROM moment AS m
    WINDOW in_time AS (PARTITION BY m.hospitalization_id ORDER BY m.recorded_dttm)
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    i.fio2,
    i.recorded_dttm AS started_at,
    GREATEST(i.recorded_dttm, LEAST(
        i.next_dttm, i.recorded_dttm + TO_SECONDS($support_hours * 3600), s.discharge_dttm
    )) AS stopped_at,
    CASE
        WHEN i.recorded_dttm <= i.last_device_dttm + TO_SECONDS($support_hours * 3600)
            THEN i.last_device
    END AS device
FROM interval_of AS i
INNER JOIN prepared.stay AS s ON i.hospitalization_id = s.hospitalization_id
