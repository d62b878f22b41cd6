package userland

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"isolab/actions/workload/applet"
)

func runCat(c *applet.Call) int {
	flags := c.Flags()
	flags.BoolP("unbuffered", "u", true, "as always")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	return eachInput(c, c.Args, func(name string, r io.Reader) error {
		_, err := io.Copy(c.Stdout, r)
		if number := syscall.Errno(0); errors.As(err, &number) {
			return at(name, number) // io.Copy names either end
		}
		return err
	})
}

func runTee(c *applet.Call) int {
	flags := c.Flags()
	add := flags.BoolP("append", "a", false, "keep what the files hold")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	mode := os.O_TRUNC
	if *add {
		mode = os.O_APPEND
	}
	outputs := []io.Writer{c.Stdout}
	code := each(c, c.Args, func(name string) error {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|mode, 0o666)
		if err == nil {
			outputs = append(outputs, file)
		}
		return err
	})
	if _, err := io.Copy(io.MultiWriter(outputs...), c.Stdin); err != nil {
		return c.Fail(err)
	}
	return code
}

func runYes(c *applet.Call) int {
	text := "y"
	if len(c.Args) > 0 {
		text = strings.Join(c.Args, " ")
	}
	block := []byte(strings.Repeat(text+"\n", 1+4096/(len(text)+1)))
	for {
		if _, err := c.Stdout.Write(block); err != nil {
			return c.Fail(err)
		}
	}
}

func runSeq(c *applet.Call) int {
	separator := "\n"
	if len(c.Args) > 1 && c.Args[0] == "-s" {
		separator, c.Args = c.Args[1], c.Args[2:]
	}
	first, step, last := 1.0, 1.0, 0.0
	targets := map[int][]*float64{1: {&last}, 2: {&first, &last}, 3: {&first, &step, &last}}[len(c.Args)]
	if targets == nil {
		return c.Usagef("expected one to three numbers")
	}
	for i, target := range targets {
		var err error
		if *target, err = strconv.ParseFloat(c.Args[i], 64); err != nil {
			return c.Usagef("%q is not a number", c.Args[i])
		}
	}
	if step == 0 {
		return c.Usagef("the step must not be zero")
	}
	out := bufio.NewWriter(c.Stdout)
	defer out.Flush()
	for n := 0; ; n++ {
		value := first + float64(n)*step
		if step > 0 && value > last || step < 0 && value < last {
			if n > 0 {
				_, _ = out.WriteString("\n")
			}
			return applet.OK
		}
		if n > 0 {
			_, _ = out.WriteString(separator)
		}
		if _, err := out.WriteString(strconv.FormatFloat(value, 'f', -1, 64)); err != nil {
			return c.Fail(err)
		}
	}
}
