/* System V AMD64. A switched-out stack, from its stack pointer upwards:
 *   0 mxcsr, 4 x87 control word, 8 r15, 16 r14, 24 r13, 32 r12, 40 rbx, 48 rbp, 56 return address
 * The frames of the old and the new stack have one shape, so the CFI below holds on both sides of the
 * instruction that changes the stack pointer. ldmxcsr and fldcw are slow and skipped when the control
 * bits agree (the status bits are not preserved by the ABI). The last jump is not a `ret`: its
 * prediction would come from the other stack's calls. No SHSTK note: a shadow stack cannot follow. */
        .text
        .globl  ps_green_switch
        .type   ps_green_switch, @function
        .p2align 4
ps_green_switch:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r15, 0
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movl    (%rsp), %eax
        movzwl  4(%rsp), %ecx
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        xorl    (%rsp), %eax
        testl   $0xffc0, %eax
        jne     2f
        cmpw    4(%rsp), %cx
        jne     2f
1:      addq    $8, %rsp
        .cfi_remember_state
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        movq    %rdx, %rax
        ret
        .cfi_restore_state
2:      ldmxcsr (%rsp)
        fldcw   4(%rsp)
        jmp     1b
        .cfi_endproc
        .size   ps_green_switch, . - ps_green_switch

        .globl  ps_green_prepare
        .type   ps_green_prepare, @function
        .p2align 4
ps_green_prepare:
        .cfi_startproc
        andq    $-16, %rdi
        leaq    -64(%rdi), %rax
        stmxcsr (%rax)
        fnstcw  4(%rax)
        movq    %rdx, 24(%rax)
        movq    %rsi, 32(%rax)
        movq    $0, 48(%rax)
        leaq    first_frame(%rip), %rcx
        movq    %rcx, 56(%rax)
        ret
        .cfi_endproc
        .size   ps_green_prepare, . - ps_green_prepare

        .type   first_frame, @function
        .p2align 4
first_frame:
        .cfi_startproc
        .cfi_undefined rip
        movq    %r13, %rdi
        call    *%r12
        ud2
        .cfi_endproc
        .size   first_frame, . - first_frame

        .section .rodata
        .globl  ps_green_below
        .type   ps_green_below, @object
        .size   ps_green_below, 4
        .p2align 2
ps_green_below:
        .long   0

        .section .note.GNU-stack, "", @progbits
