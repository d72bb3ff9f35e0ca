"""Sample modules, in the style that students write.  `modprobe NAME` loads one, `module copy NAME` hands it out."""
