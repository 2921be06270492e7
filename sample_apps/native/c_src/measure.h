/* Two measures of a run of bytes. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* The 64-bit FNV-1a hash. */
uint64_t measure_fnv1a(const unsigned char *bytes, size_t length);

/* Shannon's entropy in bits per byte: 0 for no bytes, at most 8. */
double measure_entropy(const unsigned char *bytes, size_t length);

#endif
