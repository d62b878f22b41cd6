package schema

import "slices"

// The codes of diagnostics. They are stable: scripts and editors may rely on them.
const (
	CodeFile         = "file"
	CodeTooLarge     = "too-large"
	CodeEncoding     = "encoding"
	CodeSyntax       = "syntax"
	CodeYAMLFeature  = "yaml-feature"
	CodeDuplicateKey = "duplicate-key"
	CodeUnknownKey   = "unknown-key"
	CodeMissingKey   = "missing-key"
	CodeNoValue      = "no-value"
	CodeWrongKind    = "wrong-kind"
	CodeBadValue     = "bad-value"
	CodeNotAChoice   = "not-a-choice"
	CodeOutOfRange   = "out-of-range"
	CodeMissingUnit  = "missing-unit"
	CodeWrongUnit    = "wrong-unit"
	CodeBadExpr      = "bad-expression"
	CodeNoExpr       = "no-expression"
	CodeNotLiteral   = "not-literal"
	CodeEval         = "evaluation"
	CodeBadName      = "bad-name"
	CodeUnknownName  = "unknown-name"
	CodeDuplicate    = "duplicate-name"
	CodeNoAction     = "no-action"
	CodeTwoActions   = "two-actions"
	CodeNoStep       = "no-step"
	CodeNoClaim      = "no-claim"
	CodeConflict     = "conflict"
	CodeInclude      = "include"
	CodeChangePath   = "change-path"
)

// CodeDoc is one row of the table of codes.
type CodeDoc struct {
	Code  string
	About string
}

var codeTable = []CodeDoc{
	{CodeFile, "The file cannot be read."},
	{CodeTooLarge, "A limit of the input is exceeded: size, depth, number of values, keys or characters."},
	{CodeEncoding, "The text is not UTF-8, or holds control characters or characters that reorder text."},
	{CodeSyntax, "The text is not YAML."},
	{CodeYAMLFeature, "A part of YAML that scenarios do without: anchors, aliases, merge keys, tags, several documents."},
	{CodeDuplicateKey, "A key is there twice in one map."},
	{CodeUnknownKey, "A key that means nothing here."},
	{CodeMissingKey, "A required key is not there."},
	{CodeNoValue, "A key without a value."},
	{CodeWrongKind, "A list where a map belongs, and the like."},
	{CodeBadValue, "A value that cannot be read as what it should be."},
	{CodeNotAChoice, "A word that is not one of the accepted ones."},
	{CodeOutOfRange, "A number or list that is too small or too large."},
	{CodeMissingUnit, "A quantity without its unit."},
	{CodeWrongUnit, "A quantity of another kind, such as a duration where a size belongs."},
	{CodeBadExpr, "An expression that is empty, too long, too deep or without its closing brace."},
	{CodeNoExpr, "An expression where only a plain value is read."},
	{CodeNotLiteral, "An expression in a value from which permissions are derived."},
	{CodeEval, "An expression whose value does not fit."},
	{CodeBadName, "A name with other characters than names may have."},
	{CodeUnknownName, "A param, step or claim of that name does not exist."},
	{CodeDuplicate, "Two steps, results, cases or controls have the same name."},
	{CodeNoAction, "A step without an action."},
	{CodeTwoActions, "A step with more than one action."},
	{CodeNoStep, "A scenario without a step."},
	{CodeNoClaim, "A scenario without a claim: it could not fail."},
	{CodeConflict, "Two keys that do not go together, or one that needs another."},
	{CodeInclude, "A file that cannot be included."},
	{CodeChangePath, "A control's path leads nowhere in the document."},
}

// Codes lists every code of this package's diagnostics, with what it says.
func Codes() []CodeDoc { return slices.Clone(codeTable) }
