# The warnings of the whole tree.
add_compile_options(-Wall -Wextra -Wshadow -Wpointer-arith
                    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
                    -Wvla -Wformat=2 -Wundef -Wno-unused-parameter -Wno-missing-field-initializers)
if(HF_WERROR)
    add_compile_options(-Werror)
endif()
# The same bits on every CPU level: no fused multiply-add behind our back, no reordering.
add_compile_options(-ffp-contract=off -fno-math-errno -fno-trapping-math)
