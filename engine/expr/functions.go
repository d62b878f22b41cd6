package expr

import ()

// FuncDoc describes one function for the reference page. The example is an
// expression that is true for the names of this package's tests.
type FuncDoc struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	Doc       string `json:"doc"`
	Example   string `json:"example"`
}

// functionSpec is one function: what it takes, what it gives and what it does.
type functionSpec struct {
	FuncDoc
	min, max int // arguments; max -1 is any number
	check    func(*checker, *callSite) typ
	run      func(*run, []any) (any, error)
}

// functionPrefix tells the functions of the language from the operators in the
// virtual machine's table.
const functionPrefix = "fn:"

// noLimit reports whether a word stands for what has no limit. A declared name of that spelling comes first.
func noLimit(word string) bool { return word == "unlimited" || word == "none" }

// Functions lists the functions of the language in the order of the reference.
func Functions() []FuncDoc {
	docs := make([]FuncDoc, len(functionTable))
	for i := range functionTable {
		docs[i] = functionTable[i].FuncDoc
	}
	return docs
}

func function(name string) (*functionSpec, bool) {
	for i := range functionTable {
		if functionTable[i].Name == name {
			return &functionTable[i], true
		}
	}
	return nil, false
}

func functionNames() []string {
	names := make([]string, len(functionTable))
	for i := range functionTable {
		names[i] = functionTable[i].Name
	}
	return names
}

var functionTable = []functionSpec{
	{FuncDoc{"within", "within(a, b, tolerance)", "Whether a is b, give or take a ratio of b (10%) or an amount of the same kind (5MiB).",
		"within(103MiB, 100MiB, 10%)"}, 3, 3, checkWithin, runWithin},
	{FuncDoc{"mean", "mean(series or list)", "The average.", "mean(load) < 60%"}, 1, 1, checkMean, runMean},
	{FuncDoc{"max", "max(series or list) or max(a, b, …)", "The largest value.", "max(memory) <= 150MiB"}, 1, -1, checkExtreme, runMax},
	{FuncDoc{"min", "min(series or list) or min(a, b, …)", "The smallest value.", "min(2s, 500ms) == 500ms"}, 1, -1, checkExtreme, runMin},
	{FuncDoc{"p95", "p95(series or list)", "The value that 95 of 100 samples do not exceed.", "p95(load) <= 80%"}, 1, 1, checkSame, runP95},
	{FuncDoc{"sum", "sum(series or list) or sum(list, .field)", "All values added up.", "sum(procs, .rss) == 30MiB"}, 1, 2, checkSame, runSum},
	{FuncDoc{"count", "count(series or list) or count(list, condition)", "How many items there are, or fulfil the condition.", "count(procs, .threads > 1) == 1"}, 1, 2, checkCount, runCount},
	{FuncDoc{"first", "first(series or list)", "The first item.", `first(procs).name == "init"`}, 1, 1, checkItem, runFirst},
	{FuncDoc{"last", "last(series or list)", "The last item.", "last(memory) == 120MiB"}, 1, 1, checkItem, runLast},
	{FuncDoc{"delta", "delta(series or list)", "The last value less the first one.", "delta(memory) == 80MiB"}, 1, 1, checkSame, runDelta},
	{FuncDoc{"rate", "rate(series)", "The change per second from the first sample to the last: a rate for sizes, CPUs for CPU time.", "rate(memory) == 40MiB/s"}, 1, 1, checkRate, runRate},
	{FuncDoc{"any", "any(list, condition)", "Whether an item fulfils the condition.", `any(procs, .name == "init")`}, 2, 2, nil, nil},
	{FuncDoc{"all", "all(list, condition)", "Whether every item fulfils the condition.", "all(procs, .rss < 50MiB)"}, 2, 2, nil, nil},
	{FuncDoc{"one", "one(list, condition)", "Whether exactly one item fulfils the condition.", "one(procs, .pid == 1)"}, 2, 2, nil, nil},
	{FuncDoc{"none", "none(list, condition)", "Whether no item fulfils the condition.", `none(procs, .name == "sshd")`}, 2, 2, nil, nil},
	{FuncDoc{"filter", "filter(list, condition)", "The items that fulfil the condition.", "len(filter(procs, .rss > 1MiB)) == 2"}, 2, 2, nil, nil},
	{FuncDoc{"map", "map(list, value)", "One value for each item.", "map(procs, .pid) == [1, 7]"}, 2, 2, nil, nil},
	{FuncDoc{"find", "find(list, condition)", "The first item that fulfils the condition, or nil.", `find(procs, .pid == 7).name == "worker"`}, 2, 2, nil, nil},
	{FuncDoc{"len", "len(list, map, series or text)", "How many items, keys, samples or characters there are.", "len(procs) == 2"}, 1, 1, checkLen, runLen},
	{FuncDoc{"keys", "keys(map)", "The keys of a map in order.", `keys(limits) == ["cpu", "memory"]`}, 1, 1, checkKeys, runKeys},
	{FuncDoc{"values", "values(map)", "The values of a map in the order of its keys.", "values(limits) == [50, 150]"}, 1, 1, checkValues, runValues},
	{FuncDoc{"abs", "abs(number or quantity)", "The value without its sign.", "abs(80MiB - 100MiB) == 20MiB"}, 1, 1, checkAbs, runAbs},
	{FuncDoc{"round", "round(number)", "The nearest whole number.", "round(2.6) == 3"}, 1, 1, checkRound, runRound},
	{FuncDoc{"floor", "floor(number)", "The next whole number below.", "floor(2.6) == 2"}, 1, 1, checkRound, runFloor},
	{FuncDoc{"ceil", "ceil(number)", "The next whole number above.", "ceil(2.1) == 3"}, 1, 1, checkRound, runCeil},
	{FuncDoc{"size", "size(text or number)", "The size that a text names, or a number of bytes.", `size("150MiB") == 150MiB`}, 1, 1, checkSize, runSize},
	{FuncDoc{"duration", "duration(text)", "The duration that a text names.", `duration("1m30s") == 90s`}, 1, 1, checkDuration, runDuration},
	{FuncDoc{"int", "int(text, number or size)", "A whole number: read from text, cut off, or the bytes of a size.", `int("42") == 42`}, 1, 1, checkInt, runInt},
	{FuncDoc{"float", "float(text, number, size, ratio or CPUs)", "A number, read from text or without its unit.", `float("0.5") == 0.5`}, 1, 1, checkFloat, runFloat},
	{FuncDoc{"string", "string(value)", "The value as text, as an author writes it.", `string(150MiB) == "150MiB"`}, 1, 1, checkString, runString},
	{FuncDoc{"lower", "lower(text)", "The text in lower case.", `lower("OOM") == "oom"`}, 1, 1, checkText, runLower},
	{FuncDoc{"upper", "upper(text)", "The text in upper case.", `upper("oom") == "OOM"`}, 1, 1, checkText, runUpper},
	{FuncDoc{"trim", "trim(text)", "The text without white space at its ends.", `trim(" 7\n") == "7"`}, 1, 1, checkText, runTrim},
	{FuncDoc{"split", "split(text, separator)", "The pieces between the separators.", `split("a,b", ",") == ["a", "b"]`}, 2, 2, checkSplit, runSplit},
}
