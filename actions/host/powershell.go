package host

import (
	"fmt"
	"strings"
	"time"

	"isolab/actions"
	"isolab/actions/target"
)

// typed is what a person would type on the machine itself.
func typed(v actions.View, linux, windows []string) []string {
	if v.System() == "windows" {
		return windows
	}
	return linux
}

// memoryCmdlets: Windows counts these two in KiB.
func memoryCmdlets() []string {
	return []string{"Get-CimInstance Win32_OperatingSystem | Select-Object TotalVisibleMemorySize, FreePhysicalMemory"}
}

func infoCmdlets() []string { return []string{"Get-ComputerInfo", "$env:NUMBER_OF_PROCESSORS"} }

func cpuCmdlets(watched time.Duration) []string {
	seconds := max(1, int(watched/time.Second))
	return []string{fmt.Sprintf(`Get-Counter '\Processor(*)\%% Processor Time' -SampleInterval %d`, seconds)}
}

// processesCmdlets: Get-Process knows a program without its .exe.
func processesCmdlets(p ProcessesParams, v actions.View) []string {
	switch {
	case p.Container != "":
		return []string{"docker top " + v.ContainerName(p.Container), "Get-Process"}
	case p.Command != "":
		return []string{"Get-Process -Name " + programName(p.Command)}
	case p.User != "":
		return []string{fmt.Sprintf("Get-Process -IncludeUserName | Where-Object UserName -Like '*%s'", p.User)}
	}
	return []string{"Get-Process"}
}

func killCmdlets(s target.Selection, v actions.View) []string {
	return []string{"Stop-Process -Force -Id " + pidWord(s, v)}
}

func processCmdlets(s target.Selection, v actions.View) []string {
	return []string{fmt.Sprintf("Get-Process -Id %s | Format-List *", pidWord(s, v))}
}

func programName(file string) string {
	if dot := len(file) - len(".exe"); dot > 0 && strings.EqualFold(file[dot:], ".exe") {
		return file[:dot]
	}
	return file
}
