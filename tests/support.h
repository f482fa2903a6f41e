/* What every cmocka program includes first. */
#ifndef PS_TESTS_SUPPORT_H
#define PS_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
