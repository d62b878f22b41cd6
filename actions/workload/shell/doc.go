// Package shell is the sh of the image: mvdan.cc/sh reads and interprets the
// language, and this package adds what makes it a process among processes.
//
// The interpreter runs background commands as goroutines, has no signals in trap,
// no kill, and knows no real process ids. Lessons are about exactly these, so the
// program is rewritten before it runs: "x &" becomes a real child whose process
// id is $!, wait and kill work on those, trap takes signals and runs its command
// between two others, exec and the last command of a script replace the process,
// and as PID 1 the shell reaps orphans. The rewritten commands have names that
// begin with @ and exist nowhere else.
package shell
