# HF_SANITIZE=address,undefined or thread builds everything with those sanitizers.
if(HF_SANITIZE)
    add_compile_options(-fsanitize=${HF_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
    add_link_options(-fsanitize=${HF_SANITIZE})
endif()
