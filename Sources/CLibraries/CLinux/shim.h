#include <sys/random.h>
#include <sys/timex.h>
