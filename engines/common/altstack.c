#include "engines/common/altstack.h"

#include <stddef.h>
#include <sys/mman.h>

/* Room for a handler that formats a message, and for a sanitizer's report; only touched pages cost.
 */
enum { ALTSTACK_BYTES = 64 * 1024 };

void ps_altstack_begin(struct ps_altstack *altstack)
{
    if (!altstack->memory) {
        void *memory = mmap(NULL, ALTSTACK_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            return;
        altstack->memory = memory;
    }
    stack_t own = {.ss_sp = altstack->memory, .ss_size = ALTSTACK_BYTES};
    sigaltstack(&own, &altstack->before);
}

void ps_altstack_end(struct ps_altstack *altstack)
{
    if (altstack->memory)
        sigaltstack(&altstack->before, NULL);
}

void ps_altstack_free(struct ps_altstack *altstack)
{
    if (altstack->memory)
        munmap(altstack->memory, ALTSTACK_BYTES);
    altstack->memory = NULL;
}
