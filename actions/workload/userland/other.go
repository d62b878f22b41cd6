//go:build !linux

package userland

import "isolab/actions/workload/applet"

var (
	runBasename, runChmod, runChown, runDD      = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runDf, runDirname, runDu, runLn             = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runLs, runMkdir, runMknod, runMount         = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runReadlink, runRm, runRmdir, runStat       = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runSync, runTruncate, runUmount, runBuiltin = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runCat, runCut, runGrep, runHead            = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runSeq, runSort, runTail, runTee            = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runTr, runUniq, runWc, runYes               = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runEnv, runKill, runNice, runPs             = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runSleep, runDate, runFree, runHostname     = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runID, runNproc, runPwd, runUname           = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runUptime, runWhich, runWhoami, runPort     = applet.NotHere, applet.NotHere, applet.NotHere, applet.NotHere
	runDmesg                                    = applet.NotHere
)
