module sk-dr/goldens/language

go 1.25
