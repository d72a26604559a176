"""WeChat's side: what its API answers, its windows, its codes, and what it pushes."""
