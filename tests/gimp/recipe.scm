; SPDX-License-Identifier: GPL-3.0-or-later
; The recipe that scripts/demo.sh uses: files in, files out.

(load recipe)
(define (in-folder name) (string-append folder "/" name))
(hyperfocal-demo frames (in-folder "demo.xcf") (in-folder "demo.png") (in-folder "demo.tif"))

(define saved (load-image (in-folder "demo.xcf")))
(check-equal "the XCF: fused, group, frames" (length (layers-of saved)) (+ 2 (length frames)))
(check-equal "the group in it" (length (children-of (cadr (layers-of saved)))) (length frames))
(gimp-image-delete saved)
(end-of-checks)
