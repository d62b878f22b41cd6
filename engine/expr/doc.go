// Package expr compiles and evaluates the expressions of a scenario: claims such
// as `mem.memory.usage <= 150MiB`, conditions, and the ${…} in values.
//
// The language is expr-lang with quantities. An expression is compiled once,
// against the declared types of the names it may use, before anything runs: an
// unknown name, a wrong type or a size compared with a duration is a
// [schema.Diagnostic] with its exact place. What is evaluated later sees only the
// values it is given; there is no function that reads or writes anything.
//
// # Quantities
//
//	150MiB 1.5GiB 512B 1kB   sizes: B KiB MiB GiB TiB, and kB MB GB TB of 1000
//	250ms 5s 1m30s 2h 10us   durations
//	10%                      a ratio; % before another value is the remainder
//	0.5cpu 2cpus             an amount of CPU
//	1MiB/s                   a rate
//	0                        nothing, of any kind
//	unlimited none           no limit: more than any size, rate, count, duration or amount of CPU
//
// Quantities of one kind are compared, added and subtracted; the function combined has the
// rest of the algebra. A ratio is a plain number, too. Whole numbers, and sizes,
// rates and durations, count exactly, and what does not fit is an error.
//
// A value that is not there (a pointer that is nil, a missing key, an empty list)
// is an error where it is used, never false: compare it with nil, or write a ?? b
// or a?.b, to allow for it.
//
// # How it works
//
//	scan    the author's text is read once: brackets are counted, and a literal
//	        such as 150MiB, which the library's lexer does not know, is replaced
//	        by a placeholder of the same width, so that all places stay right
//	parse   github.com/expr-lang/expr builds the syntax tree
//	check   one walk finds every node's type, by rules of our own: the library's
//	        checker goes by Go's kinds and would take a size for a number. What
//	        its virtual machine must not do on its own (fields, quantities, text,
//	        loops) the walk replaces by calls of functions in this package
//	compile the library turns the tree into a program for its virtual machine
//
// The tree belongs to one compilation: the library changes it. [Program.Explain]
// therefore starts again from the text, and only when a claim is false.
//
// # Bounds
//
// An expression has at most MaxBytes bytes, MaxNodes parts, MaxBrackets nested
// brackets and MaxLoops nested loops. An evaluation visits at most MaxItems items
// of a list, makes at most MaxMemory bytes of new text, and ends after MaxTime:
// every loop and every function that costs more than a few nanoseconds counts its
// work, and looks at the clock and the context in between.
package expr
