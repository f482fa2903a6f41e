/* cmocka with the headers it wants. */
#ifndef PS_TESTS_UI_CHECK_H
#define PS_TESTS_UI_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
