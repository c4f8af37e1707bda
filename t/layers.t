#!/usr/bin/perl

# Who may know whom (docs/architecture.md, "Layers"), from the #include lines;
# and the bounds that keep a file readable.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir("$FindBin::Bin/..") or die;

my @sources = glob('store/*.[ch] dnssec/*.[ch] dnsd/*.[ch] srvctl/*.[ch] '
    . 'ngx_srv_registrar_module/*.[ch]');
my %text = map { $_ => slurp($_) } @sources;
my %home = map { m{([^/]+)$} ? ($1 => $_) : () } @sources;

# Of each file: our own headers by path, the system's by name.
my (%ours, %system);

for my $file (@sources) {
    $ours{$file} = [map { $home{$_} // $_ }
        $text{$file} =~ /^#include "([^"]+)"/mg];
    $system{$file} = [$text{$file} =~ /^#include <([^>]+)>/mg];
}

# dnsd, from the left to the right: none may know what stands after it.
my @order = qw(wire sign lookup answer stats dnstap net metrics settings options watch);


subtest 'store knows itself, libc and LMDB' => sub {
    for my $file (grep { m{^store/} } @sources) {
        is_none($file, 'knows only store/', grep { !m{^store/} }
            @{ $ours{$file} });
        is_none($file, 'knows no library but LMDB', grep {
            m{^(?:openssl/|ldns/|jansson|ngx_|sys/socket|netinet|arpa)}
        } @{ $system{$file} });

        next if $file =~ /boot_clock/;
        is_none($file, 'asks no clock', grep { m{boot_clock} }
            @{ $ours{$file} });
        is_none($file, 'calls no clock', code($file) =~
            /\b((?:time|clock_gettime|gettimeofday)\s*\()/g);
    }
};


subtest 'dnssec knows itself, libc, OpenSSL and ldns' => sub {
    for my $file (grep { m{^dnssec/} } @sources) {
        is_none($file, 'knows only dnssec/', grep { !m{^dnssec/} }
            @{ $ours{$file} });
        is_none($file, 'knows no nginx, no JSON, no sockets', grep {
            m{^(?:lmdb|jansson|ngx_|sys/socket|netinet|arpa)}
        } @{ $system{$file} });
        is_none($file, 'shows no library', grep { m{^(?:openssl/|ldns/)} }
            @{ $system{$file} }) if $file =~ /\.h$/;
        is_none($file, 'calls no clock', code($file) =~
            /\b((?:time|clock_gettime|gettimeofday)\s*\()/g);
    }
};


subtest 'nobody outside of store sees LMDB' => sub {
    for my $file (grep { !m{^store/} } @sources) {
        is_none($file, 'reaches no lmdb.h', grep { $_ eq 'lmdb.h' }
            map { @{ $system{$_} // [] } } $file, reachable($file));
    }
};


subtest 'dnsd: wire, lookup, answer, net' => sub {
    for my $file (grep { m{^dnsd/} } @sources) {
        my $rank = rank($file);

        is_none($file, 'knows no registrar', grep {
            m{^ngx_srv_registrar_module/} } @{ $ours{$file} });
        is_none($file, 'knows no library', grep {
            m{^(?:openssl/|ldns/|jansson|ngx_)} } @{ $system{$file} });

        is_none($file, 'knows no BPF', grep { m{^(?:bpf|xdp)/} }
            @{ $system{$file} })
            if $file !~ m{^dnsd/net_xdp_(?:program|socket)\.c$};

        is_none($file, 'knows no store', grep { m{^store/} }
            @{ $ours{$file} }) if $file !~ m{^dnsd/(?:lookup|main)};

        is_none($file, 'holds no keys', grep { m{^dnssec/} }
            @{ $ours{$file} }) if $file !~ m{^dnsd/sign};

        next if !defined($rank);
        is_none($file, 'knows nobody to its right', grep {
            defined(rank($_)) && rank($_) > $rank } @{ $ours{$file} });
        is_none($file, 'knows bytes only', grep { !m{^dnsd/wire} }
            @{ $ours{$file} }) if $rank == 0;
    }
};


subtest 'what a layer shows, it does not pass on' => sub {
    my @shown = grep { m{^store/} } reachable('dnsd/lookup.h');

    is("@shown", '', 'lookup.h shows no store');
};


subtest 'device_*: no nginx, no library types in headers' => sub {
    for my $file (grep { m{/device_} } @sources) {
        is_none($file, 'knows store/, dnssec/ and device_*', grep {
            !m{^store/|^dnssec/|/device_} } @{ $ours{$file} });
        is_none($file, 'knows no nginx', grep { /^ngx_/ }
            @{ $system{$file} });
        is_none($file, 'shows no library', grep {
            m{^(?:openssl/|ldns/|jansson|lmdb)} } @{ $system{$file} })
            if $file =~ /\.h$/ && $file !~ /device_(?:json|ldns)\.h$/;
    }
};


subtest 'srvctl: store and rules, without nginx and dnsd' => sub {
    for my $file (grep { m{^srvctl/} } @sources) {
        is_none($file, 'knows store/, dnssec/, device_* and itself', grep {
            !m{^store/|^dnssec/|/device_|^srvctl/} } @{ $ours{$file} });
        is_none($file, 'knows no nginx', grep { /^ngx_/ }
            @{ $system{$file} });
    }
};


subtest 'nginx glue' => sub {
    for my $file (grep { m{/ngx_srv} } @sources) {
        is_none($file, 'knows no dnsd', grep { m{^dnsd/} } @{ $ours{$file} });
        is_none($file, 'leaves formats to device_*', grep {
            m{^(?:ldns/|jansson|lmdb)} } @{ $system{$file} });
    }
};


subtest 'sizes' => sub {
    for my $file (@sources, glob('t/unit/*.[ch] t/fuzz/*.[ch] t/tools/*.c')) {
        my @lines = split(/\n/, slurp($file));
        my @wide = grep { length($lines[$_ - 1]) > 80 } 1 .. @lines;

        cmp_ok(scalar(@lines), '<=', 600, "$file has at most 600 lines");
        is("@wide", '', "$file: no line above 80 columns");
    }
};

done_testing();


sub slurp
{
    my ($file) = @_;

    open(my $in, '<', $file) or die("$file: $!");
    local $/;

    return scalar(<$in>);
}


# Without comments.

sub code
{
    my ($file) = @_;

    return $text{$file} =~ s{/\*.*?\*/}{}gsr;
}


sub is_none
{
    my ($file, $rule, @offenders) = @_;

    is("@offenders", '', "$file $rule");
}


sub rank
{
    my ($file) = @_;

    for my $i (0 .. $#order) {
        return $i if $file =~ m{^dnsd/$order[$i](?:_|\.)};
    }

    return undef;
}


# What a file includes, directly and through others.

sub reachable
{
    my ($file) = @_;

    my %seen;
    my @todo = @{ $ours{$file} // [] };

    while (defined(my $next = shift(@todo))) {
        next if $seen{$next}++;
        push(@todo, @{ $ours{$next} // [] });
    }

    return keys(%seen);
}
