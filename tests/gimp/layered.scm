; SPDX-License-Identifier: GPL-3.0-or-later
; The layered TIFF of the command: GIMP opens its pages as layers, each once; GIMP 3 also the layer
; block, in a copy that has but one page. `depths` are 8 and 16; frames 0 and 2 are looked at.

(define (in-folder name) (string-append folder "/" name))

; The layer alone, as a picture of its own.
(define (save-layer image layer path)
  (let* ((size (size-of layer))
         (copy (new-image (car size) (cadr size) (image-type image) (image-precision image)))
         (only (copy-layer layer copy)))
    (gimp-image-insert-layer copy only 0 0)
    (gimp-layer-set-offsets only 0 0)
    (save-tiff copy path)
    (gimp-image-delete copy)))

; Layers from the top.
(define (check-layers what path wanted)
  (let* ((image (load-image path))
         (layers (layers-of image)))
    (check-equal (string-append what ": layers") (names-of layers) wanted)
    (for-each (lambda (layer)
                (save-layer image layer (string-append path "-" (name-of layer) ".tif")))
              layers)
    (gimp-image-delete image)))

(define names (map base-name frames))

(for-each
  (lambda (depth)
    ; the first page lies lowest
    (check-layers (string-append "pages of " depth " bit") (in-folder (string-append "pages" depth ".tif"))
                  (append (reverse names) (list "Focus stack")))
    ; in the block the fused picture lies on top, the first frame under it; the page is lowest
    (if block-is-read
        (check-layers (string-append "block of " depth " bit")
                      (in-folder (string-append "block" depth ".tif"))
                      (append (list "Focus stack #1") names (list "Focus stack")))))
  (list "8" "16"))
(end-of-checks)
