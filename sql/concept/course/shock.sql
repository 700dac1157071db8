-- Shock: a vasopressor and lactate > 2 mmol/L; without any lactate, the vasopressor alone (which of
-- the two: shock_basis).
-- Grain: eligible admission. met: FALSE no vasopressor, or lactate measured and never raised; NULL
-- the hospital sends no administrations, or a vasopressor was set aside. first_at: when both were
-- seen. Needs shock_basis.
-- Source: Singer 2016 (JAMA 315:801).
SELECT
    admission_id,
    basis IN ('vasopressor_lactate', 'vasopressor_only') AS met,
    first_at
FROM shock_basis
