/* The normal and Student's t distribution. */
#ifndef PS_STATS_STUDENT_H
#define PS_STATS_STUDENT_H

/* P(Z <= z). */
double ps_normal_cdf(double z);

/* P(|T| >= |t|) with df degrees of freedom, df >= 1: the p value of a two-sided t test. By the
 * continued fraction of the incomplete beta function (Lentz's method; Numerical Recipes 6.4), to
 * 1e-10. */
double ps_student_two_sided(double t, double df);

/* The t >= 0 with P(|T| >= t) = p, p in (0, 1]. */
double ps_student_critical(double p, double df);

#endif
