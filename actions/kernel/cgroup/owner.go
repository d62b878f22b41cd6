package cgroup

// Entry is one file of a group, or the directory itself, for the lesson on who
// may write what.
type Entry struct {
	Name       string `json:"name" expr:"name" doc:"File name; a dot is the directory itself."`
	Path       string `json:"path" expr:"path" doc:"Absolute path."`
	Controller string `json:"controller" expr:"controller" doc:"The hierarchy it is in: a controller, or unified."`
	Mode       string `json:"mode" expr:"mode" doc:"Type and permissions as ls -l prints them, such as -rw-r--r--."`
	UID        int    `json:"uid" expr:"uid" doc:"User id of the owner."`
	GID        int    `json:"gid" expr:"gid" doc:"Group id of the owner."`
	User       string `json:"user" expr:"user" doc:"Name of the owner; the number when it has none."`
	Group      string `json:"group" expr:"group" doc:"Name of the owning group; the number when it has none."`
}
