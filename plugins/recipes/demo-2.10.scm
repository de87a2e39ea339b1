; SPDX-License-Identifier: GPL-3.0-or-later
; A batch recipe for GIMP 2.10: frames from files as layers of one image, through the plug-in, and
; out again as a picture with layers (XCF), the fused picture alone (PNG), and the fused picture and
; the aligned frames as pages of a TIFF.
;
;   gimp-console-2.10 -i -b '(load "…/demo-2.10.scm")'
;       -b '(hyperfocal-demo (list "a.jpg" "b.jpg" …) "demo.xcf" "demo.png" "demo.tif")'
;       -b '(gimp-quit 0)'

(define hyperfocal-procedure "plug-in-hyperfocal-stack")

; What the plug-in says about one of its arguments: (type name description).
(define (hyperfocal-argument index)
  (gimp-procedural-db-proc-arg hyperfocal-procedure index))

; The default, which is the end of the description: "…; default 4" or "…; default \"auto\"".
(define (hyperfocal-default argument)
  (let* ((text (caddr argument))
         (mark "; default ")
         (size (string-length mark)))
    (let loop ((i (- (string-length text) size)))
      (if (string=? (substring text i (+ i size)) mark)
          (let ((value (substring text (+ i size) (string-length text))))
            (if (char=? (string-ref value 0) #\")
                (substring value 1 (- (string-length value) 1))
                (string->number value)))
          (loop (- i 1))))))

; Every option by its default: arguments have places, not names, in GIMP 2.10.
(define (hyperfocal-defaults)
  (let loop ((index (- (list-ref (gimp-procedural-db-proc-info hyperfocal-procedure) 6) 1))
             (values '()))
    (if (< index 3)
        values
        (loop (- index 1) (cons (hyperfocal-default (hyperfocal-argument index)) values)))))

(define (hyperfocal-layers image) (vector->list (cadr (gimp-image-get-layers image))))

; The first file at the bottom.
(define (hyperfocal-image-of-files paths)
  (let ((image (car (gimp-file-load RUN-NONINTERACTIVE (car paths) (car paths)))))
    (for-each (lambda (path)
                (let ((layer (car (gimp-file-load-layer RUN-NONINTERACTIVE image path))))
                  (gimp-image-insert-layer image layer 0 0)))
              (cdr paths))
    image))

; A copy of the image that holds the results alone, the aligned frames out of their group.
(define (hyperfocal-results image)
  (let* ((copy (car (gimp-image-duplicate image)))
         (layers (hyperfocal-layers copy))
         (group (cadr layers)))
    (for-each (lambda (layer) (gimp-image-remove-layer copy layer)) (cddr layers))
    (for-each (lambda (layer)
                (gimp-image-reorder-item copy layer 0
                                         (car (gimp-image-get-item-position copy group))))
              (vector->list (cadr (gimp-item-get-children group))))
    (gimp-image-remove-layer copy group)
    copy))

(define (hyperfocal-demo frames xcf png tiff)
  (let* ((image (hyperfocal-image-of-files frames))
         (any-layer (car (hyperfocal-layers image)))
         (fused (car (apply plug-in-hyperfocal-stack
                            (append (list RUN-NONINTERACTIVE image any-layer)
                                    (hyperfocal-defaults)))))
         (results (hyperfocal-results image)))
    (gimp-xcf-save RUN-NONINTERACTIVE image fused xcf xcf)
    (file-png-save-defaults RUN-NONINTERACTIVE image fused png png)
    (file-tiff-save RUN-NONINTERACTIVE results (car (hyperfocal-layers results)) tiff tiff 3)
    (gimp-image-delete results)
    (gimp-image-delete image)))
