"""One file per arrow of the night: pure functions `tables + rules -> tables`. Siblings never import each other."""
