#include "measure.h"

#include <math.h>

uint64_t measure_fnv1a(const unsigned char *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++) {
        hash ^= bytes[i];
        hash *= UINT64_C(0x100000001b3);
    }
    return hash;
}

double measure_entropy(const unsigned char *bytes, size_t length)
{
    size_t count[256] = {0};
    double entropy = 0.0;

    for (size_t i = 0; i < length; i++)
        count[bytes[i]]++;

    for (int byte = 0; byte < 256; byte++) {
        if (count[byte] > 0) {
            double share = (double)count[byte] / (double)length;
            entropy -= share * log2(share);
        }
    }
    return entropy > 0.0 ? entropy : 0.0; /* never -0.0 */
}
