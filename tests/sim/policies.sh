# Every policy of the project, every module of the library, and the reference, which is a policy too: no mistakes, and
# all scenarios pass.
banfa="$builddir/banfa"
failed=0
for policy in "$srcdir"/policies/*/ "$srcdir"/stdlib/std/*.banfa "$srcdir/docs/LANGUAGE.md"; do
    "$banfa" check --lang en "$policy" >policy.log || { cat policy.log; failed=1; }
    "$banfa" fmt --check "$policy" || failed=1
    case $policy in */stdlib/*) continue ;; esac # tried by tests/stdlib
    "$banfa" test --lang en "$policy" >policy.log || { cat policy.log; failed=1; }
    tail -n 1 policy.log | sed "s|^|${policy#"$srcdir"/}: |"
    # an image does what its sources do
    "$banfa" compile "$policy" -o policy.image >/dev/null &&
        "$banfa" dump policy.image >/dev/null || failed=1
done
# A case is explained with the assumptions its procedure reads, and no others.
"$banfa" explain --lang zh "$srcdir/policies/hebi-2021-39" 国庆前申请 >policy.log || failed=1
grep -q '逾期视同不予共享 ＝ 是' policy.log && ! grep -q '校核结果告知使用部门' policy.log || {
    echo "FAILED: the assumptions of an explanation"
    failed=1
}
rm -f policy.log policy.image
exit $failed
