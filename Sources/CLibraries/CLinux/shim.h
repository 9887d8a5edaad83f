#include <sys/random.h>
#include <sys/timex.h>

/* syncfs(2). <unistd.h> declares it only where _GNU_SOURCE is defined, which Swift's Glibc module does not do. */
int syncfs(int descriptor);
