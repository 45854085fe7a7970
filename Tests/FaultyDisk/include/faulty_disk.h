// Nothing is called by name: the library is loaded by LD_PRELOAD. See faulty_disk.c.
