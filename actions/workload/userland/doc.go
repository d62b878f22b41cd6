// Package userland holds the small tools of a shell session: list files, read
// them, look at processes. They know the options that lessons and their readers
// type, no more; what they print and how they fail ("cat: /x: No such file or
// directory", exit code 1) follows the tools of the same names.
package userland
