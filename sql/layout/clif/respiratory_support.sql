-- One row per interval [started_at, stopped_at) from recorded points: a record holds until the next
-- one, the discharge, or $support_hours, whichever is first.
-- Source: CLIF respiratory_support (prepared.support_moment). A record without a device continues
-- the device of up to $support_hours before; with none it is null. A record without FiO2 has that
-- of up to $support_hours before, as long as the same device goes on.
WITH interval_of AS (
    SELECT
        m.*,
        LAST_VALUE(m.device IGNORE NULLS) OVER in_time AS last_device,
        LAST_VALUE(CASE WHEN m.device IS NOT NULL THEN m.recorded_dttm END IGNORE NULLS)
            OVER in_time AS last_device_dttm,
        LEAD(m.recorded_dttm) OVER in_time AS next_dttm
    FROM prepared.support_moment AS m
    WINDOW in_time AS (PARTITION BY m.hospitalization_id ORDER BY m.recorded_dttm)
),

supported AS (
    SELECT
        *,
        CASE
            WHEN recorded_dttm <= last_device_dttm + TO_SECONDS($support_hours * 3600)
                THEN last_device
        END AS device_then
    FROM interval_of
),

beside AS (
    SELECT
        *,
        LAG(device_then) OVER (
            PARTITION BY hospitalization_id ORDER BY recorded_dttm
        ) AS device_before
    FROM supported
),

episode AS (
    SELECT
        *,
        COUNT_IF(device_then IS DISTINCT FROM device_before) OVER (
            PARTITION BY hospitalization_id ORDER BY recorded_dttm
        ) AS episode_number
    FROM beside
),

inspired AS (
    SELECT
        e.*,
        LAST_VALUE(e.fio2 IGNORE NULLS) OVER in_time AS last_fio2,
        LAST_VALUE(CASE WHEN e.fio2 IS NOT NULL THEN e.recorded_dttm END IGNORE NULLS)
            OVER in_time AS last_fio2_dttm
    FROM episode AS e
    WINDOW in_time AS (
        PARTITION BY e.hospitalization_id, e.episode_number ORDER BY e.recorded_dttm
    )
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    i.device_then AS device,
    i.recorded_dttm AS started_at,
    GREATEST(i.recorded_dttm, LEAST(
        i.next_dttm, i.recorded_dttm + TO_SECONDS($support_hours * 3600), s.discharge_dttm
    )) AS stopped_at,
    CASE
        WHEN i.recorded_dttm <= i.last_fio2_dttm + TO_SECONDS($support_hours * 3600)
            THEN i.last_fio2
    END AS fio2
FROM inspired AS i
INNER JOIN prepared.stay AS s ON i.hospitalization_id = s.hospitalization_id
