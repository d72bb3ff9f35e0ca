"""Parameters of every type: `modprobe params level=3 name=Ada debug`, then `modinfo params`.

A value that does not fit is refused, as `level=9` is here.  Those whose mode is not 0 are files under
/sys/module/params/parameters, and those that may be written there change while the module is loaded.
"""

from kshell.linux import (
    KERN_INFO,
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_PARM_DESC,
    MODULE_VERSION,
    Kernel,
    Param,
    module_exit,
    module_init,
    module_param,
)

MODULE_LICENSE("GPL")
MODULE_AUTHOR("kshell")
MODULE_DESCRIPTION("Parameters of every type")
MODULE_VERSION("1.0")

level = Param("level", 1)  # static int level = 1;
module_param(level, "int", 0o644, range=(0, 5))
MODULE_PARM_DESC(level, "How much it says, 0 to 5")

name = Param("name", "world")  # static char *name = "world";
module_param(name, "charp", 0o644)
MODULE_PARM_DESC(name, "Whom to greet")

debug = Param("debug", 0)  # static bool debug;
module_param(debug, "bool", 0o600)
quiet_off = Param("quiet_off", 1)  # static bool quiet_off = true;
module_param(quiet_off, "invbool", 0o444)
octet = Param("octet", 255)  # static unsigned char octet = 255;
module_param(octet, "byte", 0o444)
small = Param("small", -1)  # static short small = -1;
module_param(small, "short", 0o444)
port = Param("port", 8080)  # static unsigned short port = 8080;
module_param(port, "ushort", 0o444)
count = Param("count", 10)  # static unsigned int count = 10;
module_param(count, "uint", 0o444)
offset = Param("offset", -4096)  # static long offset = -4096;
module_param(offset, "long", 0o444)
mask = Param("mask", 0xFFFF_FFFF_FFFF_FFFF)  # static unsigned long mask = ~0UL;
module_param(mask, "ulong", 0)  # no file


def params_init(k: Kernel) -> int:
    k.printk(KERN_INFO, f"params: hello, {k.read(name)}; level {k.read(level)}, debug {k.read(debug)}")
    return 0


def params_exit(k: Kernel) -> None:
    k.printk(KERN_INFO, f"params: level was {k.read(level)} in the end")


module_init(params_init)
module_exit(params_exit)
