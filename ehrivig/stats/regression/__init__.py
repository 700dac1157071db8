"""Regression on arrays: logistic models and their relatives."""
