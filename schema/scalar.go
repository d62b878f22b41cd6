package schema

import "strings"

// scalarKind tells what a plain scalar is, by YAML 1.2's core schema
// (https://yaml.org/spec/1.2.2/#103-core-schema). So no, on and 010 are what they
// look like: two strings and the number ten.
func scalarKind(text string) Kind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
		return Float
	}
	if strings.HasPrefix(text, "0x") && only(text[2:], "0123456789abcdefABCDEF") ||
		strings.HasPrefix(text, "0o") && only(text[2:], "01234567") {
		return Int
	}
	number := strings.TrimLeft(text, "+-")
	if len(text)-len(number) > 1 {
		return String
	}
	if only(number, digits) {
		return Int
	}
	if isFloat(number) {
		return Float
	}
	return String
}

const digits = "0123456789"

// only reports whether text is not empty and consists of the given characters.
func only(text, characters string) bool {
	return text != "" && strings.Trim(text, characters) == ""
}

// isFloat matches ( \.[0-9]+ | [0-9]+(\.[0-9]*)? ) ([eE][-+]?[0-9]+)?
func isFloat(text string) bool {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent := text[i+1:]
		if exponent != "" && strings.ContainsRune("+-", rune(exponent[0])) {
			exponent = exponent[1:]
		}
		if !only(exponent, digits) {
			return false
		}
		text = text[:i]
	}
	whole, fraction, dot := strings.Cut(text, ".")
	if whole == "" {
		return dot && only(fraction, digits)
	}
	return only(whole, digits) && (fraction == "" || only(fraction, digits))
}
