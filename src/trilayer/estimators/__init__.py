"""The scikit-learn skins: `TriLayerClassifier`, its CV, and the one for tables."""
