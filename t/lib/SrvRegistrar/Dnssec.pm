package SrvRegistrar::Dnssec;

# Keys of signed zones, and what a test needs of them.
#
#   my $t = SrvRegistrar->new(dnssec => 13);      # or 15, or [13, 15]
#   $t->start(dnsd => 1);                         # a KSK and a ZSK sign it
#
# The bench then has, in $t->{keys}, a SrvRegistrar::Dnssec:
#
#   $t->{keys}->base('ksk')       path without ending of the first KSK
#   $t->{keys}->make('zsk2', algorithm => 13)     one more, not configured
#   $t->{keys}->lines('ksk', 'zsk', 'zsk2 published')   the zone's lines
#   $t->configure(dnssec => ...)  puts other lines in their place
#   $t->{keys}->directory('zsk')  a directory with that key alone: dnsd --keys
#   $t->{keys}->ds('ksk')         its DS, as "tag algorithm 2 digest"
#   $t->{keys}->dnskey('ksk')     its DNSKEY record, in presentation format
#
#   $t->{keys}->verify($t)        every signature of the store, by ldns
#
# Keys are ldns-keygen's.  With several algorithms, the keys of the second
# are ksk15 and zsk15.

use strict;
use warnings;

use Carp qw(croak);
use File::Copy qw(copy);
use JSON::PP qw(decode_json);
use Net::DNS::Parameters qw(typebyname typebyval);

use constant NAMES => { 13 => 'ECDSAP256SHA256', 15 => 'ED25519' };


# zone  the zone's name; dir  where the keys go; algorithms  a list

sub new
{
    my ($class, %args) = @_;

    my $self = bless { %args, base => {}, first => [] }, $class;

    mkdir($self->{dir}) or croak("$self->{dir}: $!");

    for my $algorithm (@{ $self->{algorithms} }) {
        my $suffix = @{ $self->{first} } ? $algorithm : '';

        for my $role (qw(ksk zsk)) {
            $self->make("$role$suffix", algorithm => $algorithm);
            push(@{ $self->{first} }, "$role$suffix");
        }
    }

    return $self;
}


# A key under a name of the test's, which begins with ksk, csk or zsk.

sub make
{
    my ($self, $name, %args) = @_;

    my $zone = $args{zone} // $self->{zone};
    my $algorithm = $args{algorithm} // $self->{algorithms}[0];
    my $base;

    # No two of one tag: one in 65,000 pairs has.
    do {
        my @flags = $name =~ /^[kc]sk/ ? '-k' : ();

        $base = $self->in_directory('ldns-keygen', '-r', '/dev/urandom', '-a',
            NAMES->{$algorithm}, @flags, $zone);
    } while (grep { /\Q$base\E$/ } values(%{ $self->{base} }));

    return $self->{base}{$name} = "$self->{dir}/$base";
}


sub in_directory
{
    my ($self, @command) = @_;

    my $pid = open(my $pipe, '-|') // croak("fork: $!");

    if ($pid == 0) {
        chdir($self->{dir}) or POSIX::_exit(126);
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    chomp(my $line = <$pipe> // '');
    close($pipe) or croak("@command failed");

    return $line;
}


sub base { return $_[0]{base}{$_[1]} // croak("no key $_[1]") }


# The lines of srv_registrar_zone: names, each with a state where it is not
# active; all of the first keys where none is given.

sub lines
{
    my ($self, @keys) = @_;

    @keys = @{ $self->{first} } if !@keys;

    return join("\n", 'dnssec on;', map {
        my ($name, @state) = split(' ');
        join(' ', 'key', $self->base($name), @state) . ';';
    } @keys);
}


# Copies, since dnsd reads whatever lies in its directory.

sub directory
{
    my ($self, @names) = @_;

    my $directory = join('-', "$self->{dir}/only", @names);

    return $directory if !mkdir($directory);

    for my $base (map { $self->base($_) } @names) {
        for my $file (map { "$base.$_" } qw(key private)) {
            my ($leaf) = $file =~ m{([^/]+)$};

            copy($file, "$directory/$leaf") or croak("$file: $!");
            chmod(0600, "$directory/$leaf") if $leaf =~ /private$/;
        }
    }

    return $directory;
}


sub dnskey
{
    my ($self, $name) = @_;

    open(my $file, '<', $self->base($name) . '.key') or croak("$name: $!");

    return scalar(<$file>) =~ s/\s*;.*//sr;
}


sub ds
{
    my ($self, $name) = @_;

    my $line = $self->in_directory('ldns-key2ds', '-n', '-2', '-f',
        $self->base($name) . '.key');

    return $line =~ s/^.*\bDS\s+//sr =~ s/\s*;.*//sr;
}


sub tag
{
    my ($self, $name) = @_;

    return 0 + ($self->base($name) =~ /(\d+)$/)[0];
}


# The zone's records as the store has them, in presentation format: what is
# live of it, as of now.  RRSIG and NSEC live as the RRsets they speak of.

sub records
{
    my ($self, $t, $now) = @_;

    my @records;

    for my $line (split(/^/, $t->srvctl('dump'))) {
        my $value = decode_json($line);

        next if !$value->{rrsets} || $value->{name} !~ /\Q$self->{zone}\E\.?$/;
        push(@records, value_records($value, $now));
    }

    return @records;
}


sub value_records
{
    my ($value, $now) = @_;

    my (@records, %live);

    # RRSIGs last: each stays where what it covers does.
    for my $rrset (sort { ($a->{type} eq 'RRSIG') <=> ($b->{type} eq 'RRSIG') }
                   @{ $value->{rrsets} })
    {
        my $owner = join('.', grep { $_ ne '' && $_ ne '.' }
            $rrset->{owner} =~ s/\.$//r, $value->{name} =~ s/\.$//r) . '.';
        my $signature = $rrset->{type} eq 'RRSIG';

        next if !$signature && $rrset->{expires} && $rrset->{expires} <= $now;
        $live{"$owner $rrset->{type}"} = $rrset->{ttl} if !$signature;

        for my $hex (map { splice_name($_, $value->{name}) }
                     @{ $rrset->{rdata} })
        {
            my $ttl = $rrset->{ttl};

            if ($signature) {
                my $covered = type_name(hex(substr($hex, 0, 4)));

                $ttl = $live{"$owner $covered"} // next;
            }

            push(@records, sprintf('%s %d IN TYPE%d \# %d %s', $owner, $ttl,
                type_number($rrset->{type}), length($hex) / 2, $hex));
        }
    }

    return @records;
}


# A '.' in the hex stands for the value's own name.

sub splice_name
{
    my ($hex, $name) = @_;

    my $wire = join('', map { pack('C/a', $_) } split(/\./, $name)) . "\0";

    return $hex =~ s/\./unpack('H*', $wire)/er;
}


sub type_number
{
    my ($type) = @_;

    return $type =~ /^TYPE(\d+)$/ ? $1 : typebyname($type);
}


sub type_name { return typebyval($_[0]) }


# Holds every signature of the store against its RRset, by ldns.  Returns
# what is wrong, as lines; in list context also { "owner TYPE" => [tags] }.
# now  the time, if it is not the present; records  others than the store's

sub verify
{
    my ($self, $t, %args) = @_;

    my $now = $args{now} // time();
    my @records = $args{records} ? @{ $args{records} }
        : $self->records($t, $now);
    my $file = $t->path('records.verify');

    $t->write('records.verify', join("\n", @records) . "\n");

    my $tool = $t->BUILD . '/t/rrsig_verify';
    my @said = split(/^/, `$tool $now < $file 2>&1`);
    my (@bad, %good);

    for my $line (@said) {
        if ($line =~ /^(\S+ \S+):((?: \d+)+)$/) {
            $good{$1} = [sort { $a <=> $b } split(' ', $2)];
        } else {
            push(@bad, $line);
        }
    }

    push(@bad, "nothing was verified\n") if !%good;

    return wantarray ? (join('', @bad), \%good) : join('', @bad);
}


1;
