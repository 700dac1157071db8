-- The moment of a row that has a moment and a date: the moment where it is of that day, else the
-- date alone. A moment of another day is a placeholder or of another zone; CDM demands the date.
-- Function MOMENT_OF(moment, day), for the SELECTs of every layout.
SELECT CASE WHEN moment::DATE = day::DATE THEN moment ELSE COALESCE(day::TIMESTAMP, moment) END
